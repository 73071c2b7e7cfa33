import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';

type Frame = readonly unknown[];

/** What one request was answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly frames: readonly Frame[];
  /** Of the error in the body, where it is one. */
  readonly code: string | undefined;
}

/** What a request may say otherwise than an honest one. */
interface RawRequest extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** One HTTP request, read to its end. */
export async function request(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isFrames = response.status === 200;
  const frames = isFrames ? text.split('\n').map((line) => JSON.parse(line) as Frame) : [];
  const error = isFrames || text === '' ? undefined : (JSON.parse(text) as { error: { code: string } }).error;
  return { status: response.status, headers: response.headers, text, frames, code: error?.code };
}

/** The `connect` frame of a new client. */
export function connectFrame(token: string | null = null, ...channels: readonly string[]): string {
  const instance = randomBytes(16).toString('base64url');
  return JSON.stringify(['connect', 1, instance, token, channels.map((channel) => [channel, null])]);
}

/** A session, one request at a time and each as the test wants it. */
export class RawSession {
  readonly url: string;
  readonly secret: string;
  /** The answer that opened it. */
  readonly opened: Answer;

  private constructor(url: string, opened: Answer) {
    this.url = url;
    this.opened = opened;
    this.secret = opened.headers.get('rt-session') ?? '';
  }

  static async open(url: string, opening = connectFrame()): Promise<RawSession> {
    const headers = { 'content-type': 'application/json' };
    const session = new RawSession(url, await request(`${url}/poll`, { method: 'POST', headers, body: opening }));
    // A server that ends waits for those who may still fetch their last frames.
    onTestFinished(async () => void (await session.leave().catch(() => undefined)));
    return session;
  }

  /** The same session, by way of another node. */
  by(url: string): RawSession {
    return new RawSession(url, this.opened);
  }

  /** The public id of its connection. */
  get id(): string {
    return String(this.opened.frames[0]?.[1]);
  }

  /** Polls until a channel of the opening is subscribed; gives the number of that answer. */
  async subscribed(): Promise<number> {
    let answer = this.opened;
    for (let sequence = 1; ; sequence++) {
      if (answer.frames.some(([type]) => type === 'sub')) return sequence;
      answer = await this.poll(sequence);
    }
  }

  /** Polls; `sequence` is the last answer that came. */
  poll(sequence: number | string, init: RawRequest = {}): Promise<Answer> {
    const headers = { 'rt-session': this.secret, 'rt-sequence': String(sequence), ...init.headers };
    return request(`${this.url}/poll`, { method: 'POST', ...init, headers });
  }

  /** Posts frames as number `sequence`. */
  post(sequence: number | string, ...frames: readonly Frame[]): Promise<Answer> {
    return this.postText(sequence, frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  postText(
    sequence: number | string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const all = {
      'rt-session': this.secret,
      'rt-sequence': String(sequence),
      'content-type': 'application/json',
      ...headers,
    };
    return request(`${this.url}/send`, { method: 'POST', headers: all, body });
  }

  leave(secret = this.secret): Promise<Answer> {
    return request(`${this.url}/send`, { method: 'DELETE', headers: { 'rt-session': secret } });
  }
}

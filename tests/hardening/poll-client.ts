import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { CLOSE_DEADLINE_MS, within } from './deadline.ts';
import { FrameClient } from './frame-client.ts';
import type { Ending } from './raw-socket.ts';

/** One answer, read to its end. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A client over long-polling made of nothing but Node's HTTP: one poll after the other, and beside them one post after the other. */
export class PollClient extends FrameClient {
  readonly #port: number;
  readonly #polls = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #posting = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #ended = Promise.withResolvers<Ending>();
  #session: OutgoingHttpHeaders = {};
  #poll: ClientRequest | undefined;
  #reading = Promise.resolve();
  #isGone = false;
  #resume: (() => void) | undefined;
  #posts = Promise.resolve();
  #count = 0;

  private constructor(port: number) {
    super();
    this.#port = port;
    onTestFinished(() => this.#leave());
  }

  /** A session whose first message is `text`. Rejects where it is refused. */
  static async begin(port: number, text: string): Promise<PollClient> {
    const client = new PollClient(port);
    const opened = await client.#ask('/poll', { 'content-type': 'application/json' }, text);
    if (opened.status !== 200) throw new Error(`the session was refused with ${opened.status}`);
    client.#session = { 'rt-session': String(opened.headers['rt-session']) };
    void client.#follow(opened);
    return client;
  }

  sendText(text: string): void {
    this.#posts = this.#posts.then(async () => {
      const headers = { 'content-type': 'application/json', 'rt-sequence': ++this.#count, ...this.#session };
      // The polls tell how it ended, and what a post had to do with that.
      await this.#ask('/send', headers, text).catch(() => undefined);
    });
  }

  ending(ms = CLOSE_DEADLINE_MS): Promise<Ending> {
    return within(ms, 'the end of the connection', this.#ended.promise);
  }

  pause(): void {
    this.#reading = new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    this.#resume?.();
  }

  destroy(): void {
    this.#isGone = true;
    this.#poll?.destroy();
    this.#polls.destroy();
    this.#posting.destroy();
    this.#end(1006);
  }

  /** Takes an answer, and polls for the next. */
  async #follow(opened: Answer): Promise<void> {
    let answer = opened;
    let sequence = '1';
    try {
      for (;;) {
        if (answer.status >= 400) return this.#end(1006);
        if (answer.status === 200) this.receive(answer.text);
        const code = answer.headers['rt-close'];
        if (code !== undefined) return this.#end(Number(code));
        await this.#reading;
        sequence = String(answer.headers['rt-sequence'] ?? sequence);
        answer = await this.#ask('/poll', { 'rt-sequence': sequence, ...this.#session });
      }
    } catch {
      // The connection was cut.
      this.#end(1006);
    }
  }

  async #ask(path: string, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
    if (this.#isGone) throw new Error('this client has gone');
    const isPoll = path === '/poll';
    const agent = isPoll ? this.#polls : this.#posting;
    const asked = request({ port: this.#port, path: `/realtime${path}`, method: 'POST', agent, headers });
    if (isPoll) this.#poll = asked;
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  /** Says goodbye: a server that ends waits for those who may still poll. */
  async #leave(): Promise<void> {
    this.destroy();
    const headers = this.#session;
    const asked = request({ port: this.#port, path: '/realtime/send', method: 'DELETE', agent: false, headers });
    const left = once(asked, 'response');
    asked.end();
    // Its server may have ended before.
    const [response] = (await left.catch(() => [])) as [IncomingMessage?];
    response?.resume();
  }

  #end(code: number): void {
    this.#ended.resolve({ code, reason: '' });
  }
}

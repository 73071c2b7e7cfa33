import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { CLOSE_DEADLINE_MS, within } from './deadline.ts';
import { FrameClient } from './frame-client.ts';
import type { Ending } from './raw-socket.ts';

/** A client over server-sent events made of nothing but Node's HTTP: one request for the stream, and posts one after the other. */
export class StreamClient extends FrameClient {
  /** Proves that a request is of this session. */
  readonly secret: string;
  readonly #port: number;
  readonly #stream: ClientRequest;
  readonly #response: IncomingMessage;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #ended = Promise.withResolvers<Ending>();
  #rest = '';
  #posts = Promise.resolve();
  #count = 0;

  private constructor(port: number, stream: ClientRequest, response: IncomingMessage) {
    super();
    this.#port = port;
    this.#stream = stream;
    this.#response = response;
    this.secret = String(response.headers['rt-session']);
    onTestFinished(() => this.destroy());
    response.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    // One that breaks tells so by `close`.
    stream.on('error', () => undefined);
    response.on('error', () => undefined);
    response.on('close', () => this.#ended.resolve({ code: 1006, reason: '' }));
  }

  /** A stream whose first message is `text`. Rejects where it is refused. */
  static async begin(port: number, text: string, headers: OutgoingHttpHeaders = {}): Promise<StreamClient> {
    const stream = request({
      port,
      path: '/realtime/sse',
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    });
    stream.end(text);
    const [response] = (await once(stream, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the stream was refused with ${response.statusCode}`);
    return new StreamClient(port, stream, response);
  }

  sendText(text: string): void {
    this.#posts = this.#posts.then(async () => {
      // The stream tells how it ended, and what a post had to do with that.
      await this.post(text).catch(() => undefined);
    });
  }

  /** Posts one message under the next number, and gives its status. */
  async post(text: string): Promise<number> {
    const headers = { 'content-type': 'application/json', 'rt-session': this.secret, 'rt-sequence': ++this.#count };
    const post = request({ port: this.#port, path: '/realtime/send', method: 'POST', agent: this.#agent, headers });
    post.end(text);
    const [response] = (await once(post, 'response')) as [IncomingMessage];
    await once(response.resume(), 'end');
    return response.statusCode ?? 0;
  }

  ending(ms = CLOSE_DEADLINE_MS): Promise<Ending> {
    return within(ms, 'the end of the connection', this.#ended.promise);
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  destroy(): void {
    this.#stream.destroy();
    this.#agent.destroy();
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length));
      if (lines.includes('event: close')) this.#ended.resolve({ code: Number(data[0]), reason: '' });
      else if (data.length > 0) this.receive(data.join('\n'));
    }
  }
}

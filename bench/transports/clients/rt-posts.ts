import { randomBytes } from 'node:crypto';
import { HttpSocket } from './http-socket.ts';

/** What a client of ours says first: it wants the bench's channel. */
export function connectFrame(): string {
  return `["connect",1,"${randomBytes(16).toString('base64url')}",null,[["bench",null]]]`;
}

/** What a client of ours posts, one after the other, over a connection of its own. */
export class Posts {
  secret = '';
  readonly #port: number;
  readonly #failed: (reason: string) => void;
  #socket: HttpSocket | undefined;
  #sequence = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(port: number, failed: (reason: string) => void) {
    this.#port = port;
    this.#failed = failed;
  }

  /** Asks for a `pong`; resolves when the post was taken. */
  ping(): Promise<void> {
    return this.#post('["ping"]');
  }

  /** Calls the method that answers what it is given; resolves when the post was taken. */
  call(text: string): Promise<void> {
    return this.#post(`["call",${this.#sequence + 1},"echo",${JSON.stringify(text)}]`);
  }

  /** Answers a `ping`. */
  pong(): void {
    this.#post('["pong"]').catch((error: unknown) => this.#failed(String(error)));
  }

  close(): void {
    this.#socket?.close();
  }

  #post(body: string): Promise<void> {
    return (this.#last = this.#last.then(async () => {
      this.#socket ??= new HttpSocket(this.#port, this.#failed);
      const headers = [
        'Content-Type: application/json',
        `rt-session: ${this.secret}`,
        `rt-sequence: ${++this.#sequence}`,
      ];
      const { status, body: problem } = await this.#socket.ask({
        method: 'POST',
        path: '/realtime/send',
        headers,
        body,
      });
      if (status !== 204) throw new Error(`a post was answered ${status}: ${problem.toString()}`);
    }));
  }
}

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HttpSession } from '../src/http/http-session.ts';
import { HttpSocket } from '../src/http/http-socket.ts';
import { poll } from '../src/http/poll.ts';
import { ready } from './scripted-http-server.ts';

/** What the network does with one request. */
type Fate = 'passes' | 'is lost' | 'its answer is lost' | 'meets a proxy that is busy';

const FATES: readonly Fate[] = ['passes', 'passes', 'is lost', 'its answer is lost', 'meets a proxy that is busy'];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How long this server lets a poll wait before it answers with nothing. */
const HOLD_MS = 100;

/** A server as docs/protocol.md describes it, as a `fetch` over a bad network. */
class Network {
  /** The bodies that were taken. */
  readonly taken: string[] = [];
  readonly #fates: Fate[];
  readonly #toSend: string[];
  readonly #toTake: number;
  #lastTaken = 0;
  /** The last answer, until it is acknowledged. */
  #answer: { readonly number: number; readonly frames: string } = { number: 1, frames: JSON.stringify(ready()) };

  /** Sends its frames, and ends the connection when it has taken as many as are `toTake`. */
  constructor(fates: readonly Fate[], toSend: readonly string[], toTake: number) {
    this.#fates = [...fates];
    this.#toSend = [...toSend];
    this.#toTake = toTake;
  }

  readonly fetch: typeof fetch = async (url, init) => {
    const request = new Request(url, init);
    const { headers } = request;
    const isOpening = !headers.has('rt-session');
    const fate = isOpening ? 'passes' : (this.#fates.shift() ?? 'passes');
    if (fate === 'is lost') throw new TypeError('fetch failed');
    if (fate === 'meets a proxy that is busy') return new Response('busy', { status: 502 });
    const sequence = Number(headers.get('rt-sequence'));
    const answer = request.url.endsWith('/send')
      ? this.#post(sequence, await request.text())
      : await this.#poll(sequence);
    if (fate === 'its answer is lost') throw new TypeError('fetch failed');
    return answer;
  };

  #post(sequence: number, body: string): Response {
    if (sequence === this.#lastTaken + 1) {
      this.#lastTaken = sequence;
      this.taken.push(...body.split('\n'));
    } else if (sequence !== this.#lastTaken) {
      return new Response(null, { status: 400 });
    }
    return new Response(null, { status: 204 });
  }

  async #poll(sequence: number): Promise<Response> {
    if (sequence !== this.#answer.number && sequence !== this.#answer.number - 1) {
      return new Response(null, { status: 400 });
    }
    if (sequence === this.#answer.number) {
      const frames = this.#toSend.splice(0, 2).join('\n');
      if (frames === '') {
        await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
        const isDone = this.taken.length === this.#toTake;
        return new Response(null, { status: 204, ...(isDone && { headers: { 'rt-close': '4200' } }) });
      }
      this.#answer = { number: sequence + 1, frames };
    }
    const { number, frames } = this.#answer;
    return new Response(frames, { headers: { 'rt-session': 'a secret', 'rt-sequence': String(number) } });
  }
}

it('delivers every frame once and in order, both ways, whatever the network does', async () => {
  const frames = (letter: string): fc.Arbitrary<string[]> =>
    fc.nat(20).map((count) => Array.from({ length: count }, (_, n) => JSON.stringify([letter, n])));
  const fates = fc.array(fc.constantFrom(...FATES), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fates, frames('down'), frames('up'), async (many, down, up) => {
      const network = new Network(many, down, up.length);
      const heard: string[] = [];
      const ended: number[] = [];
      const events = { began: () => undefined, ended: () => undefined };
      const socket = new HttpSocket(new HttpSession('ws://localhost/ws', network.fetch), poll, events);
      socket.addEventListener('message', ({ data }: { readonly data: string }) => heard.push(...data.split('\n')));
      socket.addEventListener('close', ({ code }: { readonly code: number }) => ended.push(code));
      socket.send('["connect"]');
      const toSend = [...up];
      while (ended.length === 0) {
        // One after the other, so that several POSTs come of it.
        for (const frame of toSend.splice(0, 1)) socket.send(frame);
        await vi.advanceTimersByTimeAsync(50);
      }
      const [first, ...rest] = heard;
      expect(first).toContain('ready');
      if (ended[0] === 4200) {
        expect([rest, network.taken]).toEqual([down, up]);
      } else {
        // Given up: what came until then is the beginning, without a hole.
        expect([ended, rest]).toEqual([[1006], down.slice(0, rest.length)]);
        expect(network.taken).toEqual(up.slice(0, network.taken.length));
      }
    }),
    { numRuns: 200 },
  );
});

import { EventSource } from 'eventsource';
import { refusalIn } from './http-answer.ts';
import type { HttpSession } from './http-session.ts';
import { LOST } from './http-socket.ts';
import { takePlace } from './place.ts';

/** Server-sent events: one answer that does not end, opened by a POST. */
export function sse(session: HttpSession, connect: string, deliver: (frames: string) => void): Promise<number> {
  return new Promise((resolve) => {
    const source = new EventSource(session.url('sse'), {
      fetch: async (url) => {
        if (await takePlace(session)) {
          const response = await session.request(String(url), { body: connect });
          const secret = response.headers.get('rt-session');
          if (response.status === 200 && secret !== null) {
            session.secret = secret;
            return response;
          }
          const refusal = refusalIn({ status: response.status, text: await response.text() });
          if (refusal !== undefined) deliver(refusal);
        }
        // What was no session is no stream either.
        throw new Error('No stream.');
      },
    });
    const end = (code: number): void => {
      source.close();
      resolve(code);
    };
    session.signal.addEventListener('abort', () => end(LOST));
    source.addEventListener('message', ({ data }) => deliver(String(data)));
    source.addEventListener('close', ({ data }) => end(Number(data) || LOST));
    // At the first error: it would open the stream again by itself, where our own waits and cursors have to.
    source.addEventListener('error', () => end(LOST));
  });
}

import { refusalIn } from './http-answer.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { HttpSession } from './http-session.ts';
import { LOST } from './http-socket.ts';
import { pause } from './pause.ts';
import { takePlace } from './place.ts';

/** How long the poll may take that acknowledges the last answer. */
const LAST_POLL_MS = 2_000;
/** How long a tab without a place lets pass after a poll that was answered with nothing. */
const BETWEEN_POLLS_MS = 1_000;

/**
 * Long-polling: each request waits for the next answer and acknowledges the one before, which the server repeats until
 * then. So an answer that is lost on its way is not lost.
 */
export async function poll(session: HttpSession, connect: string, deliver: (frames: string) => void): Promise<number> {
  let answer: HttpAnswer | undefined = await session.ask('poll', { body: connect });
  const secret = answer.headers.get('rt-session');
  if (answer.status !== 200 || secret === null) {
    const refusal = refusalIn(answer);
    if (refusal !== undefined) deliver(refusal);
    return LOST;
  }
  session.secret = secret;
  let sequence = 0;
  let atOnce = true;
  while (answer) {
    const next = Number(answer.headers.get('rt-sequence'));
    const isNew = answer.status === 200 && next === sequence + 1;
    if (isNew) {
      sequence = next;
      if (answer.text) deliver(answer.text);
    }
    const code = Number(answer.headers.get('rt-close'));
    if (code) {
      // The server keeps the last answer until it knows that it arrived. Nothing depends on it here any more.
      if (isNew)
        void session.ask('poll', { sequence, signal: AbortSignal.timeout(LAST_POLL_MS) }).catch(() => undefined);
      return code;
    }
    if (atOnce && !answer.text) await pause(BETWEEN_POLLS_MS, session.signal);
    atOnce &&= !(await takePlace(session));
    answer = await session.repeat('poll', { sequence, atOnce });
  }
  return LOST;
}

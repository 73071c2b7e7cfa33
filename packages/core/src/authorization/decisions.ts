import { RealtimeError } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';

/** Asks the application's code who a client is and what it may do, and gives it a time to answer. */
export class Decisions {
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * What `ask` answers. Its signal aborts with `gone`, and when the time is over: then this rejects with `DEADLINE`, and a
   * later answer counts for nothing.
   */
  async of<Answer>(gone: AbortSignal, ask: (signal: AbortSignal) => Answer | Promise<Answer>): Promise<Answer> {
    const late = new AbortController();
    const answer = ask(AbortSignal.any([gone, late.signal]));
    // Most know at once.
    if (!isThenable(answer)) return answer;
    const deadline = Promise.withResolvers<never>();
    const cancel = this.#clock.after(this.#timeoutMs, () => {
      const error = new RealtimeError('DEADLINE', `no answer within ${this.#timeoutMs} ms`);
      late.abort(error);
      deadline.reject(error);
    });
    try {
      return await Promise.race([answer, deadline.promise]);
    } finally {
      cancel();
    }
  }
}

function isThenable(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function';
}

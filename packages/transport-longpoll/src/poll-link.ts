import { RealtimeError } from '@rt/core';
import type { Cancel, Clock, Poll, PollAnswer, Session, SessionLink } from '@rt/core';
import { errorTable } from '@rt/protocol';
import type { AnswerTurns } from './answer-turns.ts';
import { Answers } from './answers.ts';
import { pollEncoding } from './poll-encoding.ts';

/** A client that does not poll is gone after this. */
const ABSENT_MS = 10_000;
/** Polls that come no more often than this are free, so that those which do not wait leave a client its rate. */
const UNHURRIED_MS = 500;
/** RFC 6455 §7.4.1: the client has done what it came for. §7.1.5: it went without a word. */
const NORMAL_CLOSURE = 1000;
const NO_CLOSE_FRAME = 1006;

const NOTHING: PollAnswer = { body: new Uint8Array() };

interface Waiting {
  readonly answered: PromiseWithResolvers<PollAnswer>;
  /** Nobody is waiting for it any more. */
  readonly stop: Cancel;
}

/**
 * One client that polls. An answer is kept until the next poll says that it came, and repeated where it did not: so nothing is lost
 * with a response, and nothing comes twice.
 */
export class PollLink implements SessionLink {
  readonly encoding = pollEncoding;
  readonly #clock: Clock;
  readonly #turns: AnswerTurns;
  readonly #answers = new Answers();
  #state: 'open' | 'closing' | 'ended' = 'open';
  #session: Session | undefined;
  #gone: ((link: PollLink) => void) | undefined;
  #waiting: Waiting | undefined;
  #isAnswering = false;
  /** When the last poll came, by the clock. */
  #polledAt = -Infinity;
  #isCut = false;
  /** Ends the session while no poll waits. */
  #absence: Cancel | undefined;
  /** Ends it where the last frames are not fetched. */
  #patience: Cancel | undefined;
  #end: { readonly code: number; readonly reason: string } | undefined;
  /** The answer that told the client of the end. */
  #final: PollAnswer | undefined;

  constructor(clock: Clock, turns: AnswerTurns) {
    this.#clock = clock;
    this.#turns = turns;
  }

  /** Connects it to `session`; `gone` is called after the session heard of the end. */
  serve(session: Session, gone: (link: PollLink) => void): void {
    this.#session = session;
    this.#gone = gone;
  }

  /** The answer to the request that opened the session: the first frames, however long they take. */
  first(signal: AbortSignal): Promise<PollAnswer> {
    return this.#wait(signal, undefined);
  }

  async poll({ sequence, holdMs, signal }: Poll): Promise<PollAnswer> {
    const answers = this.#answers;
    if (this.#state === 'ended') return this.#repeatFinal(sequence);
    if (sequence !== answers.last) {
      this.#session?.receivedControl();
      if (sequence !== answers.last - 1) throw new RealtimeError('BAD_FRAME', `rt-sequence is not ${answers.last}`);
      if (this.#waiting === undefined) this.#awaitPoll();
      // One that was acknowledged meanwhile: this poll was overtaken by a later one.
      return answers.unacknowledged ?? NOTHING;
    }
    this.#acknowledge();
    this.#release(NOTHING);
    this.#isCut = false;
    if (this.#hasAnswer) return this.#wait(signal, undefined);
    if (holdMs > 0) return this.#wait(signal, holdMs);
    this.#awaitPoll();
    return NOTHING;
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#answers.add(bytes);
    this.#answerSoon();
  }

  get bufferedBytes(): number {
    return this.#answers.bytes;
  }

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#end = { code, reason };
    this.#patience = this.#clock.after(ABSENT_MS, () => this.abandon());
    this.#answerSoon();
  }

  leave(): void {
    this.#finish(NORMAL_CLOSURE, '', { body: NOTHING.body, close: NORMAL_CLOSURE });
  }

  /** Whether the client's last poll was cut: it may come back, but need not be waited for. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Ends without waiting for the client. */
  abandon(): void {
    this.#finish(NO_CLOSE_FRAME, '', NOTHING);
  }

  /** A poll acknowledges the last answer; those that have something to acknowledge are free, and those that take their time. */
  #acknowledge(): void {
    const now = this.#clock.now();
    const isHurried = now - this.#polledAt < UNHURRIED_MS;
    this.#polledAt = now;
    if (this.#answers.unacknowledged === undefined) {
      if (isHurried) this.#session?.receivedControl();
      else this.#session?.receivedAnything();
      return;
    }
    this.#answers.acknowledge();
    this.#session?.receivedAnything();
    if (this.#answers.bytes === 0) this.#session?.drained();
  }

  #wait(signal: AbortSignal, holdMs: number | undefined): Promise<PollAnswer> {
    this.#absence?.();
    const answered = Promise.withResolvers<PollAnswer>();
    const onGone = (): void => {
      this.#isCut = true;
      this.#release(NOTHING);
    };
    signal.addEventListener('abort', onGone);
    const cancelHold = holdMs === undefined ? undefined : this.#clock.after(holdMs, () => this.#release(NOTHING));
    this.#waiting = {
      answered,
      stop: () => {
        cancelHold?.();
        signal.removeEventListener('abort', onGone);
      },
    };
    if (signal.aborted) onGone();
    else this.#answerSoon();
    return answered.promise;
  }

  get #hasAnswer(): boolean {
    return this.#state !== 'open' || !this.#answers.isEmpty;
  }

  #answerSoon(): void {
    if (this.#isAnswering || this.#waiting === undefined || !this.#hasAnswer) return;
    this.#isAnswering = true;
    this.#turns.add(this);
  }

  /** Its turn has come. */
  answer(): void {
    this.#isAnswering = false;
    if (this.#waiting === undefined) return;
    const close = this.#end?.code;
    if (!this.#answers.isEmpty) {
      const answer = this.#answers.next(close);
      if (answer.close === undefined) this.#release(answer);
      else this.#finish(answer.close, this.#end!.reason, answer);
    } else if (close !== undefined) {
      this.#finish(close, this.#end!.reason, { body: NOTHING.body, close });
    }
  }

  /** Answers the poll that waits, if any: from here on its client has to come again. */
  #release(answer: PollAnswer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    waiting.stop();
    waiting.answered.resolve(answer);
    this.#awaitPoll();
  }

  #awaitPoll(): void {
    this.#absence?.();
    this.#absence = this.#clock.after(ABSENT_MS, () => this.abandon());
  }

  #finish(code: number, reason: string, answer: PollAnswer): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#release(answer);
    this.#absence?.();
    this.#patience?.();
    this.#answers.clear();
    if (answer.close !== undefined) this.#final = answer;
    this.#session?.closed(code, reason);
    this.#gone?.(this);
  }

  /** The end is told again to those who did not hear of it. */
  #repeatFinal(sequence: number): PollAnswer {
    const final = this.#final;
    const expected = final?.sequence === undefined ? this.#answers.last : final.sequence - 1;
    if (final === undefined || sequence !== expected) {
      throw new RealtimeError('UNKNOWN_SESSION', errorTable.UNKNOWN_SESSION.message);
    }
    return final;
  }
}

import { createInbox, PermissionViolationError } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { brokerDown, outcomeUnknown } from '@rt/core';
import type { RealtimeError } from '@rt/protocol';
import type { Link } from './link.ts';

/** Time for JetStream to say that a record is stored. */
const STORED_MS = 5_000;
const SWEEP_MS = 1_000;
/** What NATS answers where nobody stores what is published to a subject. */
const NO_RESPONDERS = 503;

interface Waiting {
  readonly subject: string;
  readonly at: number;
  readonly resolve: () => void;
  readonly reject: (error: RealtimeError) => void;
}

/**
 * Records on their way to JetStream. The library's `publish` is a request with a timer and several promises of its own, a tenth of the time
 * from node to node: here all of them have one inbox and one timer.
 */
export class Appends {
  readonly #link: Link;
  readonly #inbox = createInbox();
  /** By number, the oldest first. */
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #stopSweep: (() => void) | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Listens for answers, also when the connection is made anew. */
  open(connection: NatsConnection): void {
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answered(message);
      },
    });
    this.#stopSweep = this.#link.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Resolves when it is stored. Rejects with `BROKER_DOWN` where it surely is not, else `OUTCOME_UNKNOWN`. */
  append(connection: NatsConnection, subject: string, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const number = ++this.#count;
      this.#waiting.set(number, { subject, at: this.#link.clock.now(), resolve, reject });
      try {
        connection.publish(subject, text, { reply: `${this.#inbox}.${number}` });
      } catch (error) {
        this.#take(number)!.reject(brokerDown('NATS does not take the messages', error));
      }
    });
  }

  /** NATS said what it does not allow: it does not say to which message. */
  refused(error: Error): void {
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return;
    for (const [number, { subject }] of this.#waiting) {
      if (subject === error.subject) this.#take(number)!.reject(notStored(error));
    }
  }

  close(): void {
    this.#stopSweep?.();
    for (const number of this.#waiting.keys()) {
      this.#take(number)!.reject(unanswered('the broker was closed'));
    }
  }

  #answered(message: Msg): void {
    const waiting = this.#take(Number(message.subject.slice(this.#inbox.length + 1)));
    if (waiting === undefined) return;
    const problem = problemOf(message);
    if (problem === undefined) waiting.resolve();
    else waiting.reject(problem);
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }

  #sweep(): void {
    const since = this.#link.clock.now() - STORED_MS;
    for (const [number, { at }] of this.#waiting) {
      if (at > since) return;
      this.#take(number)!.reject(unanswered(`not within ${STORED_MS} ms`));
    }
  }
}

/** Why the answer says that a record is not stored, if it does: `{ error: { code, err_code, description } }`, or that nobody is there. */
function problemOf(message: Msg): RealtimeError | undefined {
  if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) {
    return notStored(new Error('nobody stores what is published there'));
  }
  try {
    const { error } = message.json<{ readonly error?: { readonly description?: string } }>();
    return error === undefined ? undefined : notStored(new Error(error.description));
  } catch {
    return unanswered('the answer can not be read');
  }
}

function notStored(error: Error): RealtimeError {
  return brokerDown('JetStream did not store the messages', error);
}

function unanswered(reason: string): RealtimeError {
  return outcomeUnknown('JetStream did not answer', new Error(reason));
}

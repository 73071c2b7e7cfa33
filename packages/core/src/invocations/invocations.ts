import { errorTable, RealtimeError } from '@rt/protocol';
import type { Checked } from '../application-contract/checked.ts';
import type { ApplicationErrors } from '../application-errors.ts';
import type { Credentials } from '../connection/credentials.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Limits } from '../limits.ts';
import { runFor } from './context.ts';
import type { Invocation, InvocationKind, Middleware } from './invocation.ts';
import { Places } from './places.ts';
import { Running } from './running.ts';
import type { About } from './running.ts';

/** What is to be run, for whom, and how long it may take. */
export interface Asked extends About {
  readonly timeoutMs: number;
  /** Aborts with why the caller takes it back. */
  readonly cancel?: AbortSignal;
  /** Checks the input before anything else gets it, within the time of the whole. */
  readonly check?: (input: unknown) => Checked | Promise<Checked>;
  /** Of a client that `authenticate` is still asked about: what the log must not say. */
  readonly credentials?: Credentials;
}

/** What invocations need of their node. */
export interface InvocationServices {
  readonly nodeId: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly errors: ApplicationErrors;
}

/** The application's function, called with the invocation that it runs for. */
type Work<Answer> = (invocation: Invocation) => Answer | Promise<Answer>;

/** What the log calls them and, where it says it, their name. */
const LOGGED: Readonly<Record<InvocationKind, readonly [what: string, name?: string]>> = {
  authenticate: ['authenticate'],
  authorizer: ['an authorizer', 'action'],
  handler: ['a message handler', 'event'],
  method: ['a method', 'method'],
};

/** When who was refused may come again, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/** Runs the application's functions: each in a context of its own, watched over, and no more at once than there are places. */
export class Invocations {
  /** Where handlers and methods run. */
  readonly work: Places;
  /** Where authorizers and `authenticate` run. Handlers may wait for these, so they never wait for a place behind them. */
  readonly decisions: Places;
  /** How many were begun since the start. */
  begun = 0;
  /** How many were refused since the start because too many ran and waited. */
  refused = 0;
  readonly #services: InvocationServices;
  readonly #middleware: Middleware[] = [];

  constructor(services: InvocationServices) {
    const { clock, limits } = services;
    this.#services = services;
    const both = {
      running: limits.maxInvocations,
      runningTotal: limits.maxInvocationsTotal,
      queued: limits.maxQueuedInvocations,
      queuedTotal: limits.maxQueuedInvocationsTotal,
    };
    const refusal = (): RealtimeError => this.refusal();
    this.work = new Places(clock, { ...both, waitMs: limits.handlerTimeoutMs }, refusal);
    // A connection that comes back asks about all of its channels at once.
    const queued = Math.max(both.queued, limits.maxChannels);
    this.decisions = new Places(clock, { ...both, queued, waitMs: limits.decisionTimeoutMs }, refusal);
  }

  /** Runs `middleware` around every authorizer, handler and method from now on, inside of those that came before. */
  use(middleware: Middleware): void {
    this.#middleware.push(middleware);
  }

  /** What is said to one that is too many. It is counted, and the log says so now and then. */
  refusal(): RealtimeError {
    this.refused++;
    if (Math.log2(this.refused) % 1 === 0) {
      const { running, queued } = this.work;
      this.#services.logger.warn('too much to do for handlers, methods or authorizers: a client was refused', {
        refused: this.refused,
        running,
        queued,
        decisionsRunning: this.decisions.running,
        decisionsQueued: this.decisions.queued,
      });
    }
    return new RealtimeError('OVERLOADED', errorTable.OVERLOADED.message, { detail: { retryAfterMs: RETRY_AFTER_MS } });
  }

  /**
   * Resolves with what `work` answers, and rejects with what it throws, with `DEADLINE` when its time is over, with `OVERLOADED`
   * where there is no place for it, and with the reason of `cancel`. What comes later counts for nothing. What goes wrong in
   * `work` is logged, unless it is an error for the client.
   */
  async run<Answer>(asked: Asked, work: Work<Answer>): Promise<Answer> {
    const { kind, connection, cancel } = asked;
    const { nodeId, logger } = this.#services;
    const places = kind === 'handler' || kind === 'method' ? this.work : this.decisions;
    const running = new Running(asked, `${nodeId}:${(this.begun++).toString(36)}`, logger);
    const stops = [running.follow(connection.signal), cancel && running.follow(cancel)];
    const unfollow = (): void => stops.forEach((stop) => stop?.());
    try {
      // What a client sent before it went is still handled; what it asked for is done for nobody.
      const turn = places.enter(connection, kind === 'handler' ? undefined : running.signal);
      if (turn !== undefined) await turn;
    } catch (error) {
      unfollow();
      throw error;
    }
    const answer = this.#watched(running, asked, work).finally(() => {
      // Only now: what was taken back may go on for as long as its time allows.
      places.leave(connection);
      unfollow();
    });
    return cancel === undefined ? answer : Promise.race([answer, rejection(cancel)]);
  }

  async #watched<Answer>(running: Running, asked: Asked, work: Work<Answer>): Promise<Answer> {
    const { timeoutMs, check } = asked;
    let late: RealtimeError | undefined;
    const deadline = Promise.withResolvers<never>();
    let stop: (() => void) | undefined;
    try {
      const answer = runFor(running, () =>
        check === undefined ? this.#layered(running, work) : this.#checked(running, check, work),
      );
      // Most know at once.
      if (!isThenable(answer)) return answer;
      stop = this.#services.clock.after(timeoutMs, () => {
        late = new RealtimeError('DEADLINE', `no answer within ${timeoutMs} ms`);
        deadline.reject(late);
        running.abort(late);
      });
      return await Promise.race([answer, deadline.promise]);
    } catch (error) {
      if (error === late || isUnexpected(running, error)) this.#log(running, asked, error);
      throw error;
    } finally {
      stop?.();
    }
  }

  async #checked<Answer>(running: Running, check: NonNullable<Asked['check']>, work: Work<Answer>): Promise<Answer> {
    const { value } = await check(running.input);
    // Nobody waits for it any more.
    running.signal.throwIfAborted();
    running.input = value;
    return this.#layered(running, work);
  }

  /** `work` with all middleware around it. */
  #layered<Answer>(running: Running, work: Work<Answer>): Answer | Promise<Answer> {
    if (this.#middleware.length === 0 || running.kind === 'authenticate') return work(running);
    const layers = [...this.#middleware];
    const inside = async (index: number): Promise<unknown> => {
      const layer = layers[index];
      if (layer === undefined) return work(running);
      let isCalled = false;
      return layer(running, () => {
        if (isCalled) return Promise.reject(new Error('a middleware called next() twice'));
        isCalled = true;
        const answer = inside(index + 1);
        // What the layer makes of it is its own. One that does not wait for it must not end the process.
        answer.catch(() => undefined);
        return answer;
      });
    };
    // The application decides what its middleware answers; whoever asked checks it as any other answer.
    return inside(0) as Promise<Answer>;
  }

  #log(running: Running, { credentials }: Asked, error: unknown): void {
    const { kind, name, connection, channel, requestId } = running;
    const [what, nameField] = LOGGED[kind];
    const fields = {
      connection: connection.id,
      ...(channel !== undefined && { channel }),
      ...(nameField !== undefined && { [nameField]: name }),
      request: requestId,
    };
    this.#services.errors.log(what, error, fields, credentials ?? connection);
  }
}

/** Whether `error` is a fault of the application: not one that is meant for the client, and not the end of what was aborted. */
function isUnexpected({ kind, signal }: Invocation, error: unknown): boolean {
  if (signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError')))
    return false;
  const isForClient = error instanceof RealtimeError && (kind === 'handler' || kind === 'method');
  return !isForClient;
}

/** Rejects when `signal` aborts, with its reason. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as RealtimeError);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function isThenable<Answer>(answer: Answer | Promise<Answer>): answer is Promise<Answer> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function';
}

import { RealtimeError, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { MethodContracts } from '../application-contract/method-contracts.ts';
import type { ApplicationErrors } from '../application-errors.ts';
import type { Connection } from '../connection/connection.ts';
import type { Messages } from '../delivery/messages.ts';
import type { Method, Methods } from '../handlers/methods.ts';
import type { Invocations } from '../invocations/invocations.ts';

/** What calling needs of its node. */
export interface CallServices {
  readonly methods: Methods;
  /** What the application's contract says of them. */
  readonly contracts: MethodContracts | undefined;
  readonly invocations: Invocations;
  readonly messages: Messages;
  readonly errors: ApplicationErrors;
  /** The time in which a method has to answer. */
  readonly timeoutMs: number;
}

/** `call` and `cancel`: a client runs a method, and takes that back. */
export class CallCommand {
  readonly #services: CallServices;
  /** The calls that are not answered yet, by number. */
  readonly #open = new WeakMap<Connection, Map<number, AbortController>>();

  constructor(services: CallServices) {
    this.#services = services;
  }

  async run(connection: Connection, frame: ClientFrameOf<'call'>): Promise<void> {
    const [, n, name] = frame;
    const open = this.#open.get(connection) ?? new Map<number, AbortController>();
    if (open.has(n)) {
      // Nobody could tell the two answers apart.
      connection.close('BAD_FRAME', 'call: this n is that of a call without an answer yet');
      return;
    }
    const cancel = new AbortController();
    open.set(n, cancel);
    this.#open.set(connection, open);
    try {
      const method = this.#services.methods.find(name);
      if (method === undefined) throw new RealtimeError('NOT_FOUND', 'there is no method of this name');
      const result = await this.#result(connection, frame, method, cancel.signal);
      connection.send(result === undefined ? `["ok",${n}]` : `["ok",${n},${result}]`);
    } catch (error) {
      connection.refuse(n, toRealtimeError(error, 'HANDLER_FAILED', 'the method failed'));
    } finally {
      open.delete(n);
    }
  }

  /** Ends the call `n`, which is answered with `CANCELLED`. Its answer may have crossed: then there is nothing to end. */
  cancel(connection: Connection, [, n]: ClientFrameOf<'cancel'>): void {
    this.#open.get(connection)?.get(n)?.abort(new RealtimeError('CANCELLED', 'the caller took it back'));
  }

  /** What the method answers, as JSON; `undefined` for nothing. */
  async #result(
    connection: Connection,
    [, , name, input]: ClientFrameOf<'call'>,
    method: Method,
    cancel: AbortSignal,
  ): Promise<string | undefined> {
    const { invocations, contracts, messages, errors, timeoutMs } = this.#services;
    const check = contracts && ((given: unknown) => contracts.input(name, given));
    const asked = { kind: 'method', name, connection, input, timeoutMs, cancel, ...(check && { check }) } as const;
    const result = await invocations.run(asked, (call) =>
      method({ input: call.input, user: call.user, connection, signal: call.signal }),
    );
    try {
      const output = contracts === undefined ? result : (await contracts.output(name, result)).value;
      return output === undefined ? undefined : messages.dataText(output);
    } catch (error) {
      // A fault of the method, and none of what the client sent.
      errors.log('the answer of a method', error, { connection: connection.id, method: name }, connection);
      throw new RealtimeError('HANDLER_FAILED', 'the method failed');
    }
  }
}

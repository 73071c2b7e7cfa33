import { eventNameProblem, RealtimeError } from '@rt/protocol';
import type { MethodContracts } from '../application-contract/method-contracts.ts';
import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';

/** A client's call, as its method sees it. */
export interface MethodCall<Input = unknown> {
  /** As the client sent it: any JSON; with a contract, what its schema made of that. */
  readonly input: Input;
  /** The verified caller; `undefined` is anonymous. */
  readonly user: User | undefined;
  readonly connection: ClientConnection;
  /** Aborts when the caller cancels, when it is gone, and when the time is over (`limits.handlerTimeoutMs`). */
  readonly signal: AbortSignal;
}

/**
 * Answers a client's `call`: JSON, or `undefined`. A `RealtimeError` that it throws answers the caller with its code, message and
 * detail; anything else is logged and answered with `HANDLER_FAILED`, and no answer in time with `DEADLINE`.
 */
export type Method<Input = unknown, Output = unknown> = (call: MethodCall<Input>) => Output | Promise<Output>;

/** Methods by name. */
export class Methods {
  readonly #byName = new Map<string, Method>();
  readonly #contracts: MethodContracts | undefined;

  constructor(contracts: MethodContracts | undefined) {
    this.#contracts = contracts;
  }

  /** Throws `BAD_NAME` or `BAD_OPTION` (there is one of this name, or none in the contract). */
  add(name: string, method: Method): void {
    const problem = eventNameProblem(name);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    this.#contracts?.check(name);
    if (this.#byName.has(name)) throw new RealtimeError('BAD_OPTION', `there is a method "${name}" already: keep one`);
    this.#byName.set(name, method);
  }

  find(name: string): Method | undefined {
    return this.#byName.get(name);
  }
}

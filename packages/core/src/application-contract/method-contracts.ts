import { eventNameProblem, RealtimeError } from '@rt/protocol';
import type { Contract, MethodContract } from '@rt/protocol';
import type { ApplicationErrors } from '../application-errors.ts';
import type { ParsedOptions } from '../options.ts';
import { checked, checkedJson } from './checked.ts';
import type { Checked, Subject } from './checked.ts';

/** How the contract's methods are checked. */
interface MethodSettings {
  /** Whether what methods answer is checked as well. */
  readonly checksOutgoing: boolean;
  /** Hears of a schema that failed itself. */
  readonly failed: Subject['failed'];
}

/** What the application's contract says of methods, at run time. */
export class MethodContracts {
  readonly #methods: ReadonlyMap<string, MethodContract>;
  readonly #settings: MethodSettings;

  /** Throws `BAD_OPTION` for a name that no method can have. */
  constructor(methods: NonNullable<Contract['methods']>, settings: MethodSettings) {
    this.#methods = new Map(Object.entries(methods));
    this.#settings = settings;
    for (const name of this.#methods.keys()) {
      const problem = eventNameProblem(name);
      if (problem !== undefined) throw new RealtimeError('BAD_OPTION', `the contract's methods: ${problem}`);
    }
  }

  /** Throws `BAD_OPTION` where the contract has no method `name`. */
  check(name: string): void {
    if (!this.#methods.has(name)) throw new RealtimeError('BAD_OPTION', `the contract has no method "${name}"`);
  }

  /** What a client gave, as the method gets it. Throws `INVALID_DATA` or `HANDLER_FAILED`, or rejects with them. */
  input(name: string, input: unknown): Checked | Promise<Checked> {
    const schema = this.#methods.get(name)?.input;
    return schema === undefined ? { value: input } : checkedJson(schema, input, this.#subject('input', name));
  }

  /** What a method answered, as the client gets it. Throws as `input`: the fault is the method's. */
  output(name: string, output: unknown): Checked | Promise<Checked> {
    const schema = this.#settings.checksOutgoing ? this.#methods.get(name)?.output : undefined;
    return schema === undefined ? { value: output } : checked(schema, output, this.#subject('output', name));
  }

  #subject(what: string, name: string): Subject {
    return { name: `the ${what} of ${JSON.stringify(name)}`, failed: this.#settings.failed };
  }
}

/** The methods of the contract in `options`; `undefined` where it has none. Throws `BAD_OPTION`. */
export function compileMethods(
  { contract, validateOutgoing }: ParsedOptions,
  errors: ApplicationErrors,
): MethodContracts | undefined {
  if (contract?.methods === undefined) return undefined;
  return new MethodContracts(contract.methods, {
    checksOutgoing: validateOutgoing || process.env['NODE_ENV'] !== 'production',
    failed: (error, of) => errors.log('a schema of the contract', error, { of }, undefined),
  });
}

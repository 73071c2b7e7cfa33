import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../contracts/logger.ts';

/**
 * Warns, once for each event, of schemas that change what the application sends: by a default, a transform, or keys that
 * they drop. In production that would not happen, as nothing is checked there unless `validateOutgoing` is on.
 */
export class ChangedData {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  compare(pattern: string, event: string, before: unknown, after: unknown): void {
    const key = `${pattern}\n${event}`;
    if (before === after || this.#told.has(key) || isSameJson(before, after)) return;
    this.#told.add(key);
    this.#logger.warn(
      'a schema of the contract changes what is sent (a default, a transform, or keys that it drops): in production it does so only with validateOutgoing: true',
      { channel: pattern, event },
    );
  }
}

function isSameJson(one: unknown, other: unknown): boolean {
  try {
    return isDeepStrictEqual(asJson(one), asJson(other));
  } catch {
    // One of them is no JSON, which whoever sends it hears of.
    return false;
  }
}

function asJson(value: unknown): unknown {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

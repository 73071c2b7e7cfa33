import { Pattern } from './pattern.ts';
import type { Params } from './pattern.ts';
import { RealtimeError } from './realtime-error.ts';

/** A value found by a channel's name, and what the pattern's parameters matched. */
export interface PatternMatch<Value> {
  readonly value: Value;
  readonly params: Params;
}

/** Values by channel pattern, the most specific first. */
export class PatternMap<Value> {
  readonly #rows: { readonly pattern: Pattern; readonly value: Value }[] = [];

  /** Throws `BAD_OPTION` for a bad pattern, and for one that matches the same names as one already there. */
  add(text: string, value: Value): void {
    const pattern = new Pattern(text);
    const twin = this.#rows.find((row) => row.pattern.identity === pattern.identity);
    if (twin !== undefined) {
      throw new RealtimeError(
        'BAD_OPTION',
        `the patterns "${twin.pattern.text}" and "${text}" match the same channels: keep one`,
      );
    }
    this.#rows.push({ pattern, value });
    this.#rows.sort((a, b) => Pattern.compare(a.pattern, b.pattern));
  }

  /** The most specific match. */
  find(channel: string): PatternMatch<Value> | undefined {
    for (const { pattern, value } of this.#rows) {
      const params = pattern.match(channel);
      if (params !== undefined) return { value, params };
    }
    return undefined;
  }

  /** The values of all matches, the least specific first, so that later ones can override earlier ones. */
  findAll(channel: string): readonly Value[] {
    const values: Value[] = [];
    for (let index = this.#rows.length - 1; index >= 0; index--) {
      const row = this.#rows[index]!;
      if (row.pattern.match(channel) !== undefined) values.push(row.value);
    }
    return values;
  }
}

import { RealtimeError } from './realtime-error.ts';

/** What a pattern's `{name}` parts matched. A `Map`, so that no name can reach a prototype. */
export type Params = ReadonlyMap<string, string>;

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'name'; readonly name: string };

const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
const LITERAL = /^[A-Za-z0-9_\-=@,;:]*$/;
const NO_PARAMS: Params = new Map();

/**
 * A channel pattern. `{name}` is one non-empty dot-separated part; a final `*` is the rest, at least one character:
 * `chat.{room}` · `private-chat.*` · `private-*` · `*`. Matching takes time linear in the name; there is no backtracking.
 */
export class Pattern {
  readonly text: string;
  /** Equal for patterns that match the same names: parameter names don't count. */
  readonly identity: string;
  readonly #parts: readonly Part[];
  /** What must precede the rest that `*` matches, behind the parts; `undefined` without a `*`. */
  readonly #restPrefix: string | undefined;

  /** Throws `BAD_OPTION` where `text` is no pattern. */
  constructor(text: string) {
    this.text = text;
    const pieces = text.split('.');
    const last = pieces[pieces.length - 1] ?? '';
    if (last.endsWith('*')) {
      this.#restPrefix = last.slice(0, -1);
      pieces.pop();
      if (!LITERAL.test(this.#restPrefix)) throw badPattern(text);
    } else {
      this.#restPrefix = undefined;
    }
    this.#parts = pieces.map((piece) => parsePart(text, piece));
    const shape = this.#parts.map((part) => (part.kind === 'literal' ? part.text : '{}'));
    this.identity = [...shape, ...(this.#restPrefix === undefined ? [] : [`${this.#restPrefix}*`])].join('.');
    const names = this.#parts.flatMap((part) => (part.kind === 'name' ? [part.name] : []));
    if (text === '' || new Set(names).size !== names.length) throw badPattern(text);
  }

  /** The parameters where `channel` matches, else `undefined`. */
  match(channel: string): Params | undefined {
    let params: Map<string, string> | undefined;
    let start = 0;
    for (let index = 0; index < this.#parts.length; index++) {
      const part = this.#parts[index]!;
      const isLast = index === this.#parts.length - 1 && this.#restPrefix === undefined;
      const dot = channel.indexOf('.', start);
      if (isLast !== (dot === -1)) return undefined;
      const end = dot === -1 ? channel.length : dot;
      if (part.kind === 'literal') {
        if (end - start !== part.text.length || !channel.startsWith(part.text, start)) return undefined;
      } else {
        if (end === start) return undefined;
        (params ??= new Map()).set(part.name, channel.slice(start, end));
      }
      start = end + 1;
    }
    if (this.#restPrefix !== undefined) {
      if (!channel.startsWith(this.#restPrefix, start) || channel.length <= start + this.#restPrefix.length)
        return undefined;
    }
    return params ?? NO_PARAMS;
  }

  /**
   * Orders patterns from the more to the less specific: part by part from the left,
   * a literal beats `{name}` beats `*`, and of two `*` the longer literal beginning wins.
   */
  static compare(a: Pattern, b: Pattern): number {
    const length = Math.max(a.#parts.length, b.#parts.length) + 1;
    for (let index = 0; index < length; index++) {
      const difference = b.#rank(index) - a.#rank(index);
      if (difference !== 0) return difference;
    }
    return (b.#restPrefix?.length ?? 0) - (a.#restPrefix?.length ?? 0);
  }

  #rank(index: number): number {
    const part = this.#parts[index];
    if (part !== undefined) return part.kind === 'literal' ? 3 : 2;
    return index === this.#parts.length && this.#restPrefix !== undefined ? 1 : 0;
  }
}

function parsePart(pattern: string, piece: string): Part {
  const name = PARAMETER.exec(piece)?.[1];
  if (name !== undefined) return { kind: 'name', name };
  if (!LITERAL.test(piece)) throw badPattern(pattern);
  return { kind: 'literal', text: piece };
}

function badPattern(text: string): RealtimeError {
  return new RealtimeError(
    'BAD_OPTION',
    `${JSON.stringify(text)} is not a channel pattern: use a channel name in which a whole part may be {name} (each name once) and the end may be *`,
  );
}

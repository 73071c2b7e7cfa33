import { usageError } from './command-error.ts';

/** What the grammar allows next (RFC 8259 §2–5). */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** Parses what was given as a message's data. Throws a usage error that says where it stops being JSON. */
export function parseJsonArgument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const at = jsonErrorAt(text);
    const lines = text.slice(0, at).split('\n');
    const found =
      at < text.length
        ? `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))}`
        : 'it ends too early';
    const where = `position ${at} (line ${lines.length}, column ${lines.at(-1)!.length + 1})`;
    throw usageError(`the data is not JSON: ${found} at ${where}; text needs its quotes, for example '"hello"'`, cause);
  }
}

/** Where a text that is not JSON stops being it. `JSON.parse` tells only for some mistakes, in words that change. */
function jsonErrorAt(text: string): number {
  const open: string[] = [];
  let expected: Expected | undefined = 'value';
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    expected = token === undefined ? undefined : after(expected, token, open);
    if (token === undefined || expected === undefined) return at;
    at += token.length;
  }
}

/** What is allowed after `token`; `undefined` where the token itself is not. `open` are the brackets around it. */
function after(expected: Expected, token: string, open: string[]): Expected | undefined {
  switch (expected) {
    case 'value':
    case 'value or ]':
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'key or }' : 'value or ]';
      }
      if (token === ']' && expected === 'value or ]') return closed(open);
      return /[}\],:]/.test(token[0]!) ? undefined : ', or end';
    case 'key':
    case 'key or }':
      if (token === '}' && expected === 'key or }') return closed(open);
      return token.startsWith('"') ? ':' : undefined;
    case ':':
      return token === ':' ? 'value' : undefined;
    case ', or end':
      if (token === (open.at(-1) === '{' ? '}' : ']') && open.length > 0) return closed(open);
      if (token !== ',' || open.length === 0) return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
    default:
      return expected satisfies never;
  }
}

function closed(open: string[]): Expected {
  open.pop();
  return ', or end';
}

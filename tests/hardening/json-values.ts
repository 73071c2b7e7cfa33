/** Names that reach a prototype where an object is used as a map. */
export const HOSTILE_NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'prototype',
];

/** One value of each type that JSON has, with its edges. */
export const JSON_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  '',
  'text',
  '\u0000',
  '\ud800',
  '__proto__',
  'x'.repeat(10_000),
  [],
  [[]],
  [null, 1],
  {},
  { a: 1 },
  [['a', 1]],
  [['__proto__', null]],
  [{ length: 1e9 }],
  { length: -1 },
  JSON.parse('{"__proto__":{"x":1}}'),
];

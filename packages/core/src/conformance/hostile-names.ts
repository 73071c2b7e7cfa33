/** Names that mean something to one broker's keys or another's; all of them are valid channel names. */
export const HOSTILE_NAMES = [
  'a.b.c',
  'a:b',
  'a=b',
  '-',
  '.',
  '..',
  '@',
  ';',
  ',',
  '_',
  'A',
  'a',
  '__proto__',
  'constructor',
  'x'.repeat(164),
];

/**
 * Members that only the client's own files use, from one class to another. Builds shorten them, as a minifier does with
 * `#private` ones, which no other class could use: it makes the client 3 % smaller. None of them may be a name of the
 * public interface, of the protocol or of a platform's object (test/internal-names.test.ts).
 */
const INTERNAL_NAMES = [
  'requests',
  'received',
  'report',
  'askedAs',
  'sendWaitMs',
  'closedBy',
  'opened',
  'ageMs',
  'repeats',
  'resume',
  'maxBytes',
  'nextNumber',
  'settle',
  'closed',
  'changed',
  'withdraw',
  'order',
  'transmit',
  'confirm',
  'place',
  'pace',
  'answer',
  'sends',
  'ended',
  'fail',
  'lost',
  'waitMs',
  'refuse',
  'probe',
  'heard',
  'fields',
  'isOver',
  'began',
  'secret',
  'atOnce',
  'maxWaitMs',
  'isEmpty',
  'emit',
  'flush',
];

/** The letters that a minifier uses most, so that they compress best. */
const LETTERS = 'etrnsoiacdlumpfghbvwyxkjqzETRNSOIACDLPMUBFHGVWXYKJQZ';

/** What esbuild takes to do so: the same name for the same member in every file, which may be built one by one. */
export const shortNames = {
  mangleProps: new RegExp(`^(${INTERNAL_NAMES.join('|')})$`),
  mangleCache: Object.fromEntries(INTERNAL_NAMES.map((name, index) => [name, LETTERS[index]!])),
};

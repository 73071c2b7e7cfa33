import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatternMap } from '../src/pattern-map.ts';
import { Pattern } from '../src/pattern.ts';

const part = fc.stringMatching(/^[a-c]{1,3}$/);
const channel = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
const patternPart = fc.oneof(part, fc.constant('{}'));
const patternText = fc
  .tuple(
    fc.array(patternPart, { minLength: 1, maxLength: 4 }),
    fc.option(
      fc.oneof(
        fc.constant('*'),
        part.map((prefix) => `${prefix}*`),
      ),
      { nil: undefined },
    ),
  )
  .map(([parts, rest]) =>
    [
      ...parts.map((piece, index) => (piece === '{}' ? `{p${index}}` : piece)),
      ...(rest === undefined ? [] : [rest]),
    ].join('.'),
  );

/** The obvious matcher, by a regular expression, to compare ours with. */
function matches(pattern: string, name: string): boolean {
  const source = pattern
    .split('.')
    .map((piece) => (piece.startsWith('{') ? '[^.]+' : piece.endsWith('*') ? `${piece.slice(0, -1)}.+` : piece))
    .join('\\.');
  return new RegExp(`^${source}$`).test(name);
}

describe('Pattern', () => {
  it('matches what the same regular expression matches', () => {
    fc.assert(
      fc.property(patternText, channel, (pattern, name) => {
        expect(new Pattern(pattern).match(name) !== undefined).toBe(matches(pattern, name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives each parameter the part that stands in its place', () => {
    expect(Object.fromEntries(new Pattern('chat.{room}.user.{id}').match('chat.7.user.ann')!)).toEqual({
      room: '7',
      id: 'ann',
    });
    expect(new Pattern('chat.{room}').match('chat.')).toBeUndefined();
    expect(new Pattern('chat.{room}').match('chat.a.b')).toBeUndefined();
    expect(Object.fromEntries(new Pattern('a.{__proto__}').match('a.b')!)).toEqual(
      Object.fromEntries([['__proto__', 'b']]),
    );
  });

  it('lets * stand for the rest, at least one character, also behind a beginning', () => {
    expect(new Pattern('private-*').match('private-')).toBeUndefined();
    expect(new Pattern('private-*').match('private-a.b')).toBeDefined();
    expect(new Pattern('*').match('anything.at.all')).toBeDefined();
    expect(new Pattern('chat.*').match('chat')).toBeUndefined();
  });

  it.each(['', 'a*b', '*a', '**', 'a.*.b', '{a}{b}', '{a', 'a}', '{1}', '{a}.{a}', 'a b', 'é', '$nodes', 'x{a}'])(
    'refuses %j',
    (text) => {
      expect(() => new Pattern(text)).toThrow(/pattern/);
    },
  );

  it('orders literal before {name} before *, part by part from the left, whatever order they came in', () => {
    const ordered = [
      'chat.room.1',
      'chat.room.{id}',
      'chat.room.*',
      'chat.{kind}.1',
      'chat.ro*',
      'chat.*',
      '{any}.room.1',
      'ch*',
      '*',
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (shuffled) => {
        const sorted = shuffled.map((text) => new Pattern(text)).sort((a, b) => Pattern.compare(a, b));
        expect(sorted.map((pattern) => pattern.text)).toEqual(ordered);
      }),
    );
  });

  it('takes time that grows with the name only: a hostile pattern and name cost what others cost', () => {
    const pattern = new Pattern(`${Array.from({ length: 30 }, (_, index) => `{p${index}}`).join('.')}.a*`);
    const name = `${'a.'.repeat(40)}b`;
    let steps = 0;
    const counted = {
      get length() {
        return name.length;
      },
      indexOf: (text: string, from: number) => (steps++, name.indexOf(text, from)),
      startsWith: (text: string, from: number) => (steps++, name.startsWith(text, from)),
      slice: (from: number, to: number) => (steps++, name.slice(from, to)),
    };
    pattern.match(counted as unknown as string);
    expect(steps).toBeLessThanOrEqual(3 * 31);
  });
});

describe('PatternMap', () => {
  it('finds the most specific, and all from the least to the most specific', () => {
    const map = new PatternMap<string>();
    for (const text of ['*', 'chat.1', 'chat.*', 'chat.{id}']) map.add(text, text);
    expect(map.find('chat.1')?.value).toBe('chat.1');
    expect(map.find('chat.2')).toMatchObject({ value: 'chat.{id}' });
    expect(map.find('chat.2.a')?.value).toBe('chat.*');
    expect(map.findAll('chat.1')).toEqual(['*', 'chat.*', 'chat.{id}', 'chat.1']);
  });

  it('refuses two patterns that match the same names', () => {
    const map = new PatternMap<number>();
    map.add('chat.{a}', 1);
    expect(() => map.add('chat.{b}', 2)).toThrow('"chat.{a}" and "chat.{b}"');
  });
});

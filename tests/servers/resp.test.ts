import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeResp, encodeCommand, RespSplitter } from './resp.ts';

/** One whole frame of each kind, with what it says. */
const FRAMES: readonly (readonly [text: string, value: unknown])[] = [
  ['+OK\r\n', 'OK'],
  ['-ERR no\r\n', new Error('ERR no')],
  [':-1\r\n', -1],
  ['$5\r\na\r\nbc\r\n', 'a\r\nbc'],
  ['$0\r\n\r\n', ''],
  ['$-1\r\n', null],
  ['$2\r\n-1\r\n', '-1'],
  ['$2\r\nü\r\n', 'ü'],
  ['*-1\r\n', null],
  ['*0\r\n', []],
  ['*2\r\n*2\r\n:1\r\n$1\r\na\r\n*0\r\n', [[1, 'a'], []]],
  ['>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n', ['message', 'c', 'm']],
  ['%1\r\n+a\r\n~1\r\n:2\r\n', ['a', [2]]],
  ['_\r\n', null],
  ['#t\r\n', true],
  [',1.5\r\n', 1.5],
  ['(123\r\n', '123'],
  ['!6\r\nERR no\r\n', new Error('ERR no')],
  ['=8\r\ntxt:text\r\n', 'text'],
  ['|1\r\n+ttl\r\n:1\r\n*1\r\n:7\r\n', [7]],
];

it.each(FRAMES)('reads %j', (text, value) => {
  expect(decodeResp(Buffer.from(text))).toEqual(value);
});

it('cuts a stream at the ends of its frames, wherever the chunks end', () => {
  const frames = fc.array(fc.constantFrom(...FRAMES.map(([text]) => text)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (texts, sizes) => {
      const stream = Buffer.from(texts.join(''));
      const splitter = new RespSplitter();
      const cut: string[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length]!;
        cut.push(...splitter.push(stream.subarray(at, at + size)).map(String));
        at += size;
      }
      expect(cut).toEqual(texts);
    }),
  );
});

it('reads what it writes', () => {
  expect(decodeResp(Buffer.from(encodeCommand(['SET', 'ü', 1])))).toEqual(['SET', 'ü', '1']);
});

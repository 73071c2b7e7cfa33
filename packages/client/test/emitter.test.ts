import { expect, it } from 'vitest';
import { Emitter } from '../src/emitter.ts';

type Events = Record<string, readonly [data: number]>;

function newEmitter(): { emitter: Emitter<Events>; heard: number[]; reported: unknown[] } {
  const reported: unknown[] = [];
  return {
    emitter: new Emitter<Events>((error, event) => reported.push([error.code, error.cause, event])),
    heard: [],
    reported,
  };
}

it('calls the listeners of an event in order, and no others', () => {
  const { emitter, heard } = newEmitter();
  emitter.on('a', (data) => heard.push(data));
  emitter.on('a', (data) => heard.push(data * 10));
  emitter.on('b', (data) => heard.push(-data));
  expect(emitter.emit('a', 1)).toBe(true);
  expect(heard).toEqual([1, 10]);
});

it('tells when there is nobody to hear', () => {
  const { emitter } = newEmitter();
  emitter.on('a', () => {})();
  expect([emitter.emit('a', 1), emitter.emit('b', 1)]).toEqual([false, false]);
});

it('takes a listener off by the returned function and by off', () => {
  const { emitter, heard } = newEmitter();
  const listener = (data: number): void => void heard.push(data);
  const off = emitter.on('a', listener);
  off();
  off();
  emitter.once('a', listener);
  emitter.off('a', listener);
  emitter.emit('a', 1);
  expect(heard).toEqual([]);
});

it('calls a once listener once, also when it emits the event again', () => {
  const { emitter, heard } = newEmitter();
  emitter.once('a', (data) => {
    heard.push(data);
    emitter.emit('a', data + 1);
  });
  emitter.emit('a', 1);
  expect(heard).toEqual([1]);
});

it('leaves out a listener that an earlier one took off, and one added meanwhile', () => {
  const { emitter, heard } = newEmitter();
  emitter.on('a', () => {
    off();
    emitter.on('a', () => heard.push(2));
  });
  const off = emitter.on('a', () => heard.push(1));
  emitter.emit('a', 0);
  expect(heard).toEqual([]);
});

it('reports a listener that throws and calls the others', () => {
  const { emitter, heard, reported } = newEmitter();
  const cause = new Error('mine');
  emitter.on('a', () => {
    throw cause;
  });
  emitter.on('a', (data) => heard.push(data));
  emitter.emit('a', 1);
  expect(heard).toEqual([1]);
  expect(reported).toEqual([['HANDLER_FAILED', cause, 'a']]);
});

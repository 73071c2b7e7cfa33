import { systemClock } from '@rt/core';
import { expect, it } from 'vitest';
import { AnswerTurns } from '../src/answer-turns.ts';

it('answers a few in each turn of the event loop, in their order, and lets others do something between', async () => {
  const story: (number | 'turn')[] = [];
  const done = Promise.withResolvers<void>();
  const turns = new AnswerTurns(systemClock);
  for (let n = 0; n < 40; n++) {
    turns.add({
      answer: () => {
        story.push(n);
        if (n === 39) done.resolve();
      },
    });
  }
  expect(story).toEqual([]);
  const turn = (): void => {
    story.push('turn');
    if (story.length < 42) setImmediate(turn);
  };
  setImmediate(turn);
  await done.promise;
  expect(story.filter((each) => each !== 'turn')).toEqual(Array.from({ length: 40 }, (_, n) => n));
  const firstTurn = story.indexOf('turn');
  expect(firstTurn).toBeGreaterThan(0);
  expect(firstTurn).toBeLessThan(40);
  expect(story.lastIndexOf('turn')).toBeGreaterThan(firstTurn);
});

it('answers one that comes alone before anything else happens', async () => {
  let answered = false;
  new AnswerTurns(systemClock).add({
    answer: () => {
      answered = true;
    },
  });
  await Promise.resolve();
  expect(answered).toBe(true);
});

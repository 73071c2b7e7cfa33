import { Echoes } from '@rt/core';
import { expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';

it('tells each of many that are on their way at once, in whatever order they come back', async () => {
  const echoes = new Echoes(new ManualClock());
  const nonces: string[] = [];
  const asked = Array.from({ length: 1_000 }, () => echoes.ask(async (nonce) => nonces.push(nonce)));
  for (const nonce of nonces.toReversed()) echoes.heard(nonce);
  await Promise.all(asked);
  expect(new Set(nonces).size).toBe(1_000);
  expect(echoes.size).toBe(0);
});

it('rejects where it could not be sent', async () => {
  const echoes = new Echoes(new ManualClock());
  await expect(echoes.ask(() => Promise.reject(new Error('no connection')))).rejects.toThrow('no connection');
  expect(echoes.size).toBe(0);
});

it('forgets what never came back, so that a silent server costs no memory', async () => {
  const clock = new ManualClock();
  const echoes = new Echoes(clock);
  for (let second = 0; second < 100; second++) {
    void echoes.ask(async () => undefined);
    clock.advance(1_000);
  }
  expect(echoes.size).toBeLessThan(40);
});

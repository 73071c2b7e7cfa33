import { context } from '@rt/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { setStage } from './stage.ts';

const CALLS = 2_000;
const CONNECTIONS = 20;

/** One step of a method: what it waits for before it looks again. */
type Step = 'microtask' | 'turn' | 'timer' | 'other';

it('is never that of another, in 2,000 calls that run at once and wait for whatever there is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom<Step>('microtask', 'turn', 'timer', 'other'), { maxLength: 5 }), {
        minLength: 1,
        maxLength: 30,
      }),
      async (scripts) => {
        const { realtime, client } = await setStage();
        const mixed: string[] = [];
        let [running, most] = [0, 0];
        /** Settled by another call: what goes on after it must still be this call's. */
        let handOver = Promise.withResolvers<void>();
        const waitFor: Readonly<Record<Step, () => Promise<unknown>>> = {
          microtask: () => Promise.resolve(),
          turn: () => new Promise((resolve) => setImmediate(resolve)),
          timer: () => new Promise((resolve) => setTimeout(resolve, 1)),
          other: () => {
            const next = handOver;
            setImmediate(() => {
              handOver.resolve();
              handOver = Promise.withResolvers();
            });
            return next.promise;
          },
        };
        const everybody = Promise.withResolvers<void>();
        realtime.method('run', async ({ input, connection }) => {
          const own = context();
          const check = (): void => {
            const now = context();
            if (now !== own || now?.input !== input || now?.connection !== connection) mixed.push(String(input));
          };
          most = Math.max(most, ++running);
          if (running === CALLS) everybody.resolve();
          await everybody.promise;
          for (const step of scripts[Number(input) % scripts.length]!) {
            await waitFor[step]();
            check();
          }
          check();
          running--;
          return [input, own?.connection.id];
        });
        const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => client()));
        for (let n = 0; n < CALLS; n++) clients[n % CONNECTIONS]!.send(['call', n + 1, 'run', n]);
        const answers: unknown[] = [];
        for (const each of clients) {
          for (let n = 0; n < CALLS / CONNECTIONS; n++) answers.push([...(await each.next()), each.id]);
        }
        const isOwn = (answer: unknown): boolean => {
          const [type, n, result, id] = answer as [string, number, [number, string], string];
          return type === 'ok' && result[0] === n - 1 && result[1] === id;
        };
        expect(answers.filter((answer) => !isOwn(answer))).toEqual([]);
        expect([mixed, most]).toEqual([[], CALLS]);
        await realtime.close({ drainMs: 0 });
      },
    ),
    { numRuns: 5 },
  );
});

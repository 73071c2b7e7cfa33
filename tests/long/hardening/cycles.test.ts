import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Report {
  readonly heapGrowthBytes: number;
  readonly subscribers: readonly number[];
  readonly timers: number;
  readonly kept: number;
}

it('C11: 100,000 cycles of connect, subscribe, send and close leave nothing', { timeout: 240_000 }, async () => {
  const file = fileURLToPath(new URL('cycles-process.ts', import.meta.url));
  const child = fork(file, ['100000'], {
    execArgv: ['--conditions=@rt/source', '--expose-gc', '--disable-warning=ExperimentalWarning'],
  });
  const [report] = (await once(child, 'message')) as [Report];
  if (child.exitCode === null) await once(child, 'exit');
  expect(report.subscribers).toEqual([0, 0, 0, 0]);
  expect(report.kept).toBe(0);
  expect(report.timers).toBe(0);
  expect(report.heapGrowthBytes).toBeLessThanOrEqual(2 * 1024 * 1024);
  expect(child.exitCode).toBe(0);
});

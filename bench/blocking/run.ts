import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Callers } from './callers.ts';

const USAGE = `npm run bench -- blocking [--calls N] [--wait MS]

  --calls N   calls at once (default 2,000), over 100 connections
  --wait MS   how long each waits in the server (default 5,000)`;

const CONNECTIONS = 100;
const WORKERS = 8;

const { values } = parseArgs({
  options: { calls: { type: 'string' }, wait: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help === true) {
  console.log(USAGE);
  process.exit();
}
const calls = Number(values.calls ?? 2_000);
const waitMs = Number(values.wait ?? 5_000);

/** What `/stats` shows of what runs. */
async function running(url: string, apiKey: string): Promise<number> {
  const response = await fetch(`${url}/realtime/stats`, { headers: { authorization: `Bearer ${apiKey}` } });
  const { invocations } = (await response.json()) as { invocations: { handlers: { running: number } } };
  return invocations.handlers.running;
}

async function call(worker: Worker, ms: number): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, and no window
  worker.postMessage(ms);
  await once(worker, 'message');
}

/** How many calls a second a worker answers that is one's alone while it waits: the mean of `WORKERS`, two calls each. */
async function workerPerRequest(): Promise<number> {
  const workers = Array.from({ length: WORKERS }, () => new Worker(new URL('./worker.ts', import.meta.url)));
  // Started before the clock is.
  await Promise.all(workers.map((worker) => call(worker, 0)));
  const startedAt = performance.now();
  await Promise.all(
    workers.map(async (worker) => {
      await call(worker, waitMs);
      await call(worker, waitMs);
    }),
  );
  const answered = 2 * WORKERS;
  const perSecond = answered / ((performance.now() - startedAt) / 1_000);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return perSecond / WORKERS;
}

const apiKey = randomBytes(16).toString('base64url');
const child = fork(new URL('./server.ts', import.meta.url), [apiKey, String(waitMs)], {
  execArgv: ['--conditions=@rt/source'],
});
const [url] = (await once(child, 'message')) as [string];
const callers = await Callers.connect(url, CONNECTIONS);
let most = 0;
const looking = setInterval(() => {
  running(url, apiKey).then(
    (now) => (most = Math.max(most, now)),
    (error: unknown) => console.error('/stats did not answer:', error),
  );
}, 250);
const { ms, wrong } = await callers.call(calls);
clearInterval(looking);
callers.close();
child.disconnect();
const perWorker = await workerPerRequest();

const seconds = (each: number): string => (each / 1_000).toFixed(2);
const inSeconds = calls / (ms / 1_000);
console.log(`
${calls} calls at once over ${CONNECTIONS} connections, each of which waits ${seconds(waitMs)} s in the server

rt, one process               all answered after ${seconds(ms)} s: ${inSeconds.toFixed(0)} a second
                              ${wrong} with a mixed context or a wrong answer; /stats showed ${most} running at once
a worker for each request     ${perWorker.toFixed(2)} a second and worker: as many would take ${Math.ceil(inSeconds / perWorker)} workers
`);
const limitMs = waitMs * 1.2;
const isMet = ms <= limitMs && wrong === 0 && most === calls;
console.log(
  `${isMet ? 'met' : 'NOT MET'}  all answered within ${seconds(limitMs)} s by one process, no context mixed up`,
);
process.exitCode = isMet ? 0 : 1;

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, LOOPBACK } from './ports.ts';
import { ServerProcess } from './process.ts';
import { redisCommand } from './redis-command.ts';
import { until } from './until.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rt-process-'));
});
afterAll(() => rm(folder, { recursive: true }));

const yes = (): Promise<boolean> => Promise.resolve(true);
const no = (): Promise<boolean> => Promise.resolve(false);

describe('a server process', () => {
  it('that can not be run says so', async () => {
    await expect(ServerProcess.start({ command: 'no-such-server', args: [], folder, ready: yes })).rejects.toThrow(
      /no-such-server can't be run\n.*ENOENT/,
    );
  });

  it('that ends before it is ready says what it wrote', async () => {
    const args = ['-c', 'echo out; echo problem >&2; exit 3'];
    await expect(ServerProcess.start({ command: 'sh', args, folder, ready: no })).rejects.toThrow(
      /sh ended before it answered\n(out\nproblem|problem\nout)\n/,
    );
  });

  it('that is never ready is ended', async () => {
    const started = ServerProcess.start({
      command: 'sh',
      args: ['-c', 'echo $$; exec sleep 1000'],
      folder,
      ready: no,
      readyWithinMs: 300,
    });
    const error = await started.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).toMatch(/sh did not answer in time\n\d+/);
    const [pid] = /\d+$/m.exec(String(error))!;
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
  });

  it('that does not care about SIGTERM at first is asked again', async () => {
    // Takes the first SIGTERM for nothing, and ends at the second.
    const script = `trap 'trap "exit 0" TERM' TERM; echo ready; while :; do sleep 0.05; done`;
    const started = await ServerProcess.start({ command: 'sh', args: ['-c', script], folder, ready: yes });
    await until('it has its trap', () => Promise.resolve(started.output.includes('ready')));
    await started.terminate();
    expect(started.running).toBe(false);
    expect(() => started.pause()).toThrow(/not running/);
  });

  it('does not outlive the process that started it, whatever ends that', async () => {
    const launcher = fileURLToPath(new URL('redis.ts', import.meta.url));
    const script = `
      const { startRedis } = await import(${JSON.stringify(launcher)});
      const redis = await startRedis();
      redis.pause();
      console.log(JSON.stringify({ port: redis.port, dir: redis.dir }));
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = execFile(process.execPath, ['--input-type=module', '-e', script]);
    let written = '';
    child.stdout!.on('data', (text: string) => (written += text));
    await once(child, 'close');
    const { port, dir } = JSON.parse(written) as { readonly port: number; readonly dir: string };
    await until('both are gone', async () => {
      const answer = await redisCommand({ host: LOOPBACK, port }, ['PING'], 1_000).catch(String);
      return /ECONNREFUSED/.test(String(answer)) && !existsSync(dir);
    });
  });
});

describe('a free port', () => {
  it('is free, and so are those at the offsets', async () => {
    const port = await freePort([10_000]);
    for (const each of [port, port + 10_000]) {
      const server = createServer().listen(each, LOOPBACK);
      await once(server, 'listening');
      server.close();
    }
    expect(port).toBeLessThan(55_535);
  });
});

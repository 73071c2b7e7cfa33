import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Realtime } from '@rt/core';
import { sse } from '@rt/transport-sse';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../servers/certificate.ts';
import { pageFiles } from './page-files.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

/** Runs a program of the page and gives its lines as they come; ends with the test. */
function start(args: readonly string[], env: Readonly<Record<string, string>>): AsyncIterator<string> {
  const child = spawn(process.execPath, ['--conditions=@rt/source', '--disable-warning=ExperimentalWarning', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await exited;
  });
  return createInterface(child.stdout)[Symbol.asyncIterator]();
}

/** The server of the page, on a free port. */
async function startServer(folder: string): Promise<string> {
  const { value } = await start([join(folder, 'server.ts')], { PORT: '0' }).next();
  return String(value).replace('listening on ', '').replace('localhost', '127.0.0.1');
}

describe('docs/transports/sse.md', () => {
  it('has a server and a reader, which prints what is published', async () => {
    const folder = await pageFiles('transports/sse.md');
    const url = await startServer(folder);
    const reader = start(['--experimental-eventsource', join(folder, 'reader.js')], {
      READ_FROM: `${url}/realtime/sse?channel=news`,
    });
    const numbers: number[] = [];
    for (let n = 0; n < 3; n++) numbers.push(Number(/^message (\d+)$/.exec(String((await reader.next()).value))?.[1]));
    expect(numbers).toEqual([0, 1, 2].map((n) => numbers[0]! + n));
  });

  it.skipIf(!hasCurl)('has a curl command that prints what is published (where curl is installed)', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/transports/sse.md'), 'utf8');
    const [, command = ''] = /^(curl -N .*)$/m.exec(page) ?? [];
    const url = await startServer(await pageFiles('transports/sse.md'));
    const [, , asked = ''] = /^curl (-N) '(.*)'$/.exec(command) ?? [];
    const curl = spawn('curl', ['-sN', asked.replace('http://localhost:6001', url)]);
    onTestFinished(() => void curl.kill());
    let text = '';
    for await (const chunk of curl.stdout.setEncoding('utf8')) {
      text += String(chunk);
      if (/^event: created\nid: \S+\ndata: \{"title":"message \d+"\}\n\n/m.test(text)) break;
    }
    expect(text).toMatch(/^retry: \d+\n\n/);
    expect(text).toMatch(/event: created\n/);
  });
});

it('works over TLS as it does without: at once, message by message, to its end', async () => {
  await using certificate = await makeCertificate();
  const { key, cert } = certificate;
  const realtime = new Realtime({ transports: [sse()], tls: { key, cert }, logger: false });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  const asking = get(`https://localhost:${port}/realtime/sse?channel=news`, { ca: cert, agent: false });
  onTestFinished(() => void asking.destroy());
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await realtime.broadcast('news', 'created', 'x'.repeat(100_000));
  await realtime.broadcast('news', 'created', 'last');
  const ended = once(response, 'end');
  await realtime.close({ drainMs: 0 });
  await ended;
  expect(text.match(/^event: .*$/gm)).toEqual(['event: created', 'event: created', 'event: rt.close']);
  expect(text).toMatch(/\ndata: "last"\n\nevent: rt.close\ndata: 4200\n\n$/);
});

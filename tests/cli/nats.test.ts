import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startNats } from '../servers/nats.ts';
import type { NatsServer } from '../servers/nats.ts';
import { freePort } from '../servers/ports.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll, RtProcess, runRt, serveRt } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
const folder = new ProjectFolder({ 'rt.config.ts': 'export default { port: 0 };' });
let nats: NatsServer;

beforeAll(async () => {
  nats = await startNats({ user: 'me', password: 'secret 100%' });
});
afterEach(endAll);
afterAll(async () => {
  await nats.stop();
  folder.remove();
});

async function refused(url: string): Promise<string> {
  const options = { cwd: folder.path, env: { NATS_URL: url } };
  const { code, stdout, stderr } = await runRt(['serve', '--broker=nats'], options);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^.+\n$/) });
  expect(stderr).not.toContain('secret');
  return stderr.trimEnd();
}

describe('rt serve --broker=nats', () => {
  it('brings a message from one server to the clients of another', async () => {
    const env = { NATS_URL: `${nats.url},nats://127.0.0.1:${nats.port}`, REALTIME_API_KEY: KEY };
    const servers = await Promise.all([0, 1].map(() => serveRt(['--broker=nats'], { cwd: folder.path, env })));
    const [one, other] = servers.map(({ url }) => url) as [string, string];
    expect(servers[0]!.rt.stdout).toContain(`nats at 127.0.0.1:${nats.port}, 127.0.0.1:${nats.port}\n`);
    const listener = new RtProcess(['listen', 'chat.1', '--url', other]);
    await listener.err(/listening to chat\.1\n/);
    const published = await runRt(['publish', 'chat.1', 'message.sent', '"hi"', '--url', one], { env });
    expect(published).toMatchObject({ code: 0, stderr: '' });
    await listener.out(/ chat\.1 message\.sent "hi"\n/);
    for (const { rt } of servers) rt.kill('SIGTERM');
    expect(await Promise.all(servers.map(({ rt }) => rt.ended))).toEqual([0, 0]);
  });

  it.each([1, 2])('takes a token in the URL, of %i servers too', async (servers) => {
    await using locked = await startNats({ config: 'authorization { token: "the-token" }' });
    const url = `nats://the-token@127.0.0.1:${locked.port}`;
    const env = { NATS_URL: Array.from({ length: servers }, () => url).join(',') };
    const { rt } = await serveRt(['--broker=nats'], { cwd: folder.path, env });
    expect(rt.stdout).toContain(`nats at 127.0.0.1:${locked.port}`);
    expect(rt.stdout + rt.stderr).not.toContain('the-token');
  });

  it('says in one line that nothing is there, and what to do', async () => {
    const port = await freePort();
    const line = await refused(`nats://me:secret@127.0.0.1:${port}`);
    expect(line).toContain(`can not use NATS at 127.0.0.1:${port}: `);
    expect(line).toMatch(/: start one there, with JetStream \(-js\), or correct NATS_URL$/);
  });

  it('says in one line that the password is wrong', async () => {
    const line = await refused(`nats://me:wrong-secret@127.0.0.1:${nats.port}`);
    expect(line).toMatch(/: correct the user and password in NATS_URL$/);
  });

  it.each(['127.0.0.1:4222', 'redis://secret@127.0.0.1', 'nats://127.0.0.1/secret', 'nats://a,secret'])(
    'says in one line that %s is no URL',
    async (url) => {
      expect(await refused(url)).toMatch(/^NATS_URL is no URL of a NATS: use nats:\/\//);
    },
  );

  it('says that a user or password is not well written', async () => {
    expect(await refused('nats://me:secret%@127.0.0.1')).toMatch(/^NATS_URL has a % /);
  });
});

import { RealtimeClient } from '@rt/client';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../servers/certificate.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll, RtProcess, runRt, serveRt } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
/** Longer than a server takes to start. */
const SAVE_AGAIN_MS = 5_000;
const clients = new Set<RealtimeClient>();
let folder: ProjectFolder | undefined;

afterEach(async () => {
  for (const client of clients) client.close();
  clients.clear();
  await endAll();
  folder?.remove();
  folder = undefined;
});

async function connected(url: string): Promise<RealtimeClient> {
  const client = new RealtimeClient(url);
  clients.add(client);
  // That the server closes is what these tests are about.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Saves files, and again until `seen`: Node watches a file from when its watching process has heard of the import, which may be
 * after the server in its child says that it listens.
 */
async function saved(files: Readonly<Record<string, string>>, seen: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = (againMs: number): void => {
    folder!.write(files);
    // Each takes longer to come than the one before: a start that is slower than a fixed time would be ended for ever.
    timer = setTimeout(() => save(2 * againMs), againMs);
  };
  try {
    save(SAVE_AGAIN_MS);
    await seen;
  } finally {
    clearTimeout(timer);
  }
}

function pathFile(name: string): Readonly<Record<string, string>> {
  return { 'path.ts': `export const path: string = '/${name}';` };
}

/** A connection that stays when it is asked to go. */
async function stubborn(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime/ws`, 'rt.v1');
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  socket.send(JSON.stringify(['connect', 1, 'stubbornstubbornstubbo', null, [], {}]));
  const { data } = await new Promise<MessageEvent>((resolve) => {
    socket.addEventListener('message', resolve, { once: true });
  });
  expect(data).toMatch(/^\["ready"/);
}

describe('rt serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('drains at %s and exits 0 when the last client has gone', async (signal) => {
    const { rt, url } = await serveRt(['--drain-ms', '600000']);
    const client = await connected(url);
    rt.kill(signal);
    await rt.err(
      new RegExp(`^${signal}: draining, clients have up to 600 s to move; a second signal ends it at once\n`),
    );
    expect((await fetch(`${url}/realtime/ready`)).status).toBe(503);
    client.close();
    expect(await rt.ended).toBe(0);
  });

  it('closes the clients that are still there when the time to drain is over', async () => {
    const { rt, url } = await serveRt(['--drain-ms', '50']);
    await stubborn(url);
    rt.kill('SIGTERM');
    expect(await rt.ended).toBe(0);
  });

  it('ends at once at a second signal, with 1', async () => {
    const { rt, url } = await serveRt(['--drain-ms', '600000']);
    await stubborn(url);
    rt.kill('SIGTERM');
    await rt.err(/draining/);
    const before = performance.now();
    rt.kill('SIGTERM');
    expect(await rt.ended).toBe(1);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(rt.stderr).toMatch(/\nSIGTERM: ended before every client had moved\n$/);
  });

  it('takes the two SIGINTs that one Ctrl-C is below npm for one', async () => {
    const { rt, url } = await serveRt(['--drain-ms', '600000']);
    const client = await connected(url);
    rt.kill('SIGINT');
    await rt.err(/draining/);
    rt.kill('SIGINT');
    client.close();
    expect(await rt.ended).toBe(0);
  });

  it('goes on when nobody reads its output', async () => {
    const { rt, url } = await serveRt();
    rt.child.stdout.destroy();
    rt.child.stderr.destroy();
    expect((await fetch(`${url}/realtime/ready`)).status).toBe(200);
    rt.kill('SIGTERM');
    expect(await rt.ended).toBe(0);
  });

  it('serves https and wss', async () => {
    await using certificate = await makeCertificate();
    const { keyFile: key, certFile: cert } = certificate;
    const { rt, url } = await serveRt(['--tls-key', key, '--tls-cert', cert, '--api-key', KEY]);
    expect(rt.stdout).toMatch(/^rt .* listens on https:.*\n {2}websocket {2}wss:/);
    const env = { REALTIME_URL: url, REALTIME_API_KEY: KEY, NODE_EXTRA_CA_CERTS: cert };
    const listener = new RtProcess(['listen', 'chat.1'], { env });
    await listener.err(/listening to chat\.1/);
    expect(await runRt(['publish', 'chat.1', 'a', '1'], { env })).toMatchObject({ code: 0, stderr: '' });
    await listener.out(/ chat\.1 a 1\n/);
    const unknown = await runRt(['publish', 'chat.1', 'a'], { env: { ...env, NODE_EXTRA_CA_CERTS: '' } });
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as string,
    });
  });
});

describe('rt serve --watch', { timeout: 90_000 }, () => {
  it('starts again when the config or what it imports changes, also after a mistake', async () => {
    folder = new ProjectFolder({
      ...pathFile('first'),
      'rt.config.ts': `import { path } from './path.ts';\nexport default { port: 0, basePath: path };`,
    });
    const rt = new RtProcess(['serve', '--watch'], { cwd: folder.path });
    const [, url = ''] = await rt.out(/ws:(\S+)\/first\/ws[^]*broker/);
    const client = await connected(`http:${url}/first`);
    const lost = new Promise((resolve) => client.on('state', ({ state }) => state === 'waiting' && resolve(state)));
    await saved(pathFile('second'), rt.out(/\/second\/ws/));
    await lost;
    await saved({ 'path.ts': 'export const path: = 1;' }, rt.err(/rt\.config\.ts.*: correct it and start again\n/));
    await saved(pathFile('third'), rt.out(/\/third\/ws/));
    rt.kill('SIGTERM');
    expect(await rt.ended).toBe(0);
  });

  it('refuses wrong flags at once', async () => {
    const { code } = await runRt(['serve', '--watch', '--port', 'x']);
    expect(code).toBe(2);
  });
});

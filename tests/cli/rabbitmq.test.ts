import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../servers/ports.ts';
import { startRabbitmq } from '../servers/rabbitmq.ts';
import type { RabbitmqServer } from '../servers/rabbitmq.ts';
import { Doctor, lost } from './doctor.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll, RtProcess, runRt, serveRt } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
const PASSWORD = 'secret 100%';
const folder = new ProjectFolder({
  'rt.config.ts': `import { rabbitmqBroker } from '@rt/broker-rabbitmq';
    const url = process.env.URL_OF_MINE;
    export default {
      port: 0,
      defaultBroker: 'memory',
      brokers: { busOnly: () => rabbitmqBroker({ url, streams: false }) },
    };`,
});
let rabbitmq: RabbitmqServer;

beforeAll(async () => {
  rabbitmq = await startRabbitmq({ user: 'me', password: PASSWORD });
}, 120_000);
afterEach(endAll);
afterAll(async () => {
  await rabbitmq.stop();
  folder.remove();
});

async function refused(env: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await runRt(['serve', '--broker=rabbitmq'], { cwd: folder.path, env });
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^.+\n$/) });
  expect(stderr).not.toContain('secret');
  return stderr.trimEnd();
}

describe('rt serve --broker=rabbitmq', { timeout: 60_000 }, () => {
  it('brings a message from one server to the clients of another, however the environment says where RabbitMQ is', async () => {
    const { host, port, url } = rabbitmq;
    const ways = [
      { RABBITMQ_HOST: host, RABBITMQ_PORT: String(port), RABBITMQ_USER: 'me', RABBITMQ_PASSWORD: PASSWORD },
      { RABBITMQ_URL: `${url},${url}`, RABBITMQ_VHOST: '/' },
    ];
    const common = {
      REALTIME_API_KEY: KEY,
      RABBITMQ_EXCHANGE: 'my.exchange',
      RABBITMQ_EXCHANGE_TYPE: 'direct',
      RABBITMQ_PREFETCH_COUNT: '10',
      RABBITMQ_QUEUE_PREFIX: 'my.',
      RABBITMQ_QUEUE_DURABLE: 'true',
      RABBITMQ_QUEUE_EXCLUSIVE: 'false',
      RABBITMQ_QUEUE_AUTO_DELETE: '0',
      RABBITMQ_PERSISTENT_MESSAGES: 'TRUE',
    };
    const servers = await Promise.all(
      ways.map((way) => serveRt(['--broker=rabbitmq'], { cwd: folder.path, env: { ...common, ...way } })),
    );
    const [one, other] = servers.map(({ url: at }) => at) as [string, string];
    expect(servers[0]!.rt.stdout).toContain(`rabbitmq at 127.0.0.1:${port}\n`);
    expect(servers[1]!.rt.stdout).toContain(`rabbitmq at 127.0.0.1:${port}, 127.0.0.1:${port}\n`);
    const listener = new RtProcess(['listen', 'chat.1', '--url', other]);
    await listener.err(/listening to chat\.1\n/);
    const published = await runRt(['publish', 'chat.1', 'message.sent', '"hi"', '--url', one], { env: common });
    expect(published).toMatchObject({ code: 0, stderr: '' });
    await listener.out(/ chat\.1 message\.sent "hi"\n/);
    const queues = await rabbitmq.control('list_queues', 'name', 'durable', 'exclusive', 'auto_delete');
    // A node has a queue for each connection that it had, and RabbitMQ may end one with 541 where two declare a stream at once.
    const nodes = queues.matchAll(/^my\.rt\.bus\.(\S+)\.\d+\ttrue\tfalse\tfalse$/gm);
    expect(new Set(Array.from(nodes, ([, node]) => node)).size).toBe(2);
    expect(queues.match(/^my\.rt\.log\.\d\ttrue\t/gm)).toHaveLength(8);
    const exchanges = await rabbitmq.control('list_exchanges', 'name', 'type');
    expect(exchanges).toContain('my.exchange\tdirect\n');
    for (const { rt } of servers) rt.kill('SIGTERM');
    expect(await Promise.all(servers.map(({ rt }) => rt.ended))).toEqual([0, 0]);
  });

  it('says in one line that nothing is there, and what to do', async () => {
    const port = await freePort();
    const line = await refused({ RABBITMQ_URL: `amqp://me:secret@127.0.0.1:${port}/shop` });
    expect(line).toContain(`can not use RabbitMQ at 127.0.0.1:${port}, vhost shop: `);
    expect(line).toMatch(/: start one there, or correct RABBITMQ_URL$/);
    expect(await refused({ RABBITMQ_PORT: String(port) })).toMatch(/or correct RABBITMQ_HOST and RABBITMQ_PORT$/);
  });

  it('says in one line that the password is wrong, or the virtual host', async () => {
    const { port, url } = rabbitmq;
    const line = await refused({ RABBITMQ_URL: `amqp://me:wrong-secret@127.0.0.1:${port}` });
    expect(line).toMatch(/: correct the user and password in RABBITMQ_URL$/);
    const other = { RABBITMQ_PORT: String(port), RABBITMQ_USER: 'me', RABBITMQ_PASSWORD: 'secret' };
    expect(await refused(other)).toMatch(/ in RABBITMQ_USER and RABBITMQ_PASSWORD$/);
    expect(await refused({ RABBITMQ_URL: url, RABBITMQ_VHOST: 'none' })).toMatch(
      /there is no vhost none, or this user may not use it: correct it in RABBITMQ_VHOST$/,
    );
  });

  it('says in one line what is wrong with a variable', async () => {
    const line = await refused({ RABBITMQ_URL: 'amqp://me:secret@a', RABBITMQ_HOST: 'b' });
    expect(line).toBe('RABBITMQ_URL and RABBITMQ_HOST contradict each other: unset one of them');
  });
});

describe('rt doctor --broker=rabbitmq', { timeout: 60_000 }, () => {
  const doctor = new Doctor(folder);

  it('says that the promise can be kept', async () => {
    const diagnosis = await doctor.diagnosed(['--broker=rabbitmq'], { RABBITMQ_URL: rabbitmq.url });
    expect(diagnosis).toMatchObject({ ok: true, findings: [] });
    expect(diagnosis.service).toMatch(/^RabbitMQ \d+\.\d+\.\d+/);
    expect(diagnosis.shape).toMatch(/^a node of the cluster \S+$/);
    expect([...new Set(diagnosis.survives.map(({ outcome }) => outcome))]).toEqual(['kept']);
    expect(Object.keys(diagnosis.roundTrips)).toEqual(['bus', 'log']);
  });

  it('says what is missing without streams', async () => {
    const diagnosis = await doctor.diagnosed(['--broker=busOnly'], { URL_OF_MINE: rabbitmq.url });
    expect(diagnosis).toMatchObject({
      ok: false,
      findings: [{ severity: 'problem', what: expect.stringContaining('streams is false') as string }],
    });
    expect(lost(diagnosis)).toContain('a client comes back');
  });
});

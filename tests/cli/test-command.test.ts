import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectFolder } from './project-folder.ts';
import { endAll, RtProcess, runRt, serveRt } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
const CONFIG = `export default {
  apiKey: '${KEY}',
  authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
  contract: {
    channels: {
      'chat.{id}': { events: { 'message.sent': schema(), typed: schema() }, examples: { 'message.sent': { text: 'hi' } } },
      'user.{id}': { events: { 'notification.new': schema() }, examples: { 'notification.new': { title: 'hello' } } },
    },
  },
};
function schema() {
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
}`;
const BAD = "export default { contract: { channels: { 'a.{b': {} } } };";
const folder = new ProjectFolder({ 'rt.config.ts': CONFIG, 'bad.config.ts': BAD });
const elsewhere = new ProjectFolder({});
const env: Record<string, string> = {};

beforeAll(async () => {
  env['REALTIME_URL'] = (await serveRt([], { cwd: folder.path })).url;
});

afterAll(async () => {
  await endAll();
  folder.remove();
  elsewhere.remove();
});

describe('rt test', () => {
  it('sends the contract’s example to a channel, with the key of the config', async () => {
    const listener = new RtProcess(['listen', 'chat.1'], { env });
    await listener.err(/listening to .*\n/);
    const result = await runRt(['test', 'message.sent', '--channel', 'chat.1'], { env, cwd: folder.path });
    expect(result).toEqual({ code: 0, stdout: 'chat.1 message.sent {"text":"hi"}\n', stderr: '' });
    await listener.out(/chat\.1 message\.sent \{"text":"hi"\}\n/);
  });

  it('sends to a user', async () => {
    const result = await runRt(['test', 'notification.new', '--user', '7'], { env, cwd: folder.path });
    expect(result).toEqual({ code: 0, stdout: 'user.7 notification.new {"title":"hello"}\n', stderr: '' });
    const encoded = await runRt(['test', 'notification.new', '--user', 'a/b', '--data', '1'], {
      env,
      cwd: folder.path,
    });
    expect(encoded).toMatchObject({ code: 0, stdout: 'user.a=2Fb notification.new 1\n' });
  });

  it('sends what it is given, without a config too', async () => {
    const key = { REALTIME_API_KEY: KEY };
    const args = ['test', 'message.sent', '--channel', 'chat.2', '--data', '{"text":"own"}', '--json'];
    const { code, stdout } = await runRt(args, { env: { ...env, ...key }, cwd: elsewhere.path });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: expect.any(String), cursor: expect.any(String) });
  });

  it.each<[readonly string[], string]>([
    [['message.sent'], 'where to? Give --channel <name> or --user <id>, one of them'],
    [
      ['message.sent', '--channel', 'chat.1', '--user', '7'],
      'where to? Give --channel <name> or --user <id>, one of them',
    ],
    [
      ['typed', '--channel', 'chat.1'],
      'the contract has no example of typed for chat.1: give --data, or add it to "examples"',
    ],
    [['message.sent', '--channel', 'chat.1', '--data', '{'], 'the data is not JSON: '],
    [['message.sent', '--channel', 'chat.1', '--config', 'nowhere.ts'], 'there is no config file nowhere.ts'],
    [
      ['x', '--channel', 'chat.1', '--config', 'bad.config.ts'],
      'the contract of the config: "a.{b" is not a channel pattern',
    ],
  ])('%j is told in one line, with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runRt(['test', ...args], { env, cwd: folder.path });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^.+\n$/) });
    expect(stderr).toContain(message);
  });

  it('says what the server refused for, with exit code 1', async () => {
    const args = ['test', 'x', '--channel', 'no channel', '--data', '1'];
    const { code, stderr } = await runRt(args, { env, cwd: folder.path });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^BAD_NAME: .+\n$/)]);
  });
});

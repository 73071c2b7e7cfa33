import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ProjectFolder } from './project-folder.ts';
import { endAll, runRt } from './rt-process.ts';
import type { RtOptions } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
const folder = new ProjectFolder({ 'no.pem': 'this is no PEM file' });

afterEach(endAll);
afterAll(() => folder.remove());

async function refused(args: readonly string[], options: RtOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runRt(args, { cwd: folder.path, ...options });
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^.+\n$/) });
  return stderr.trimEnd();
}

describe('what cannot work is one line and exit code 2:', () => {
  it.each([
    ['an unknown command', ['sevre'], `unknown command 'sevre' (Did you mean serve?); see "rt --help"`],
    [
      'an unknown flag',
      ['serve', '--prot', '1'],
      `unknown option '--prot' (Did you mean --port?); see "rt serve --help"`,
    ],
    ['an argument too many', ['serve', 'now'], /too many arguments for 'serve'.*see "rt serve --help"$/],
    ['a missing argument', ['publish', 'a'], `missing required argument 'event'; see "rt publish --help"`],
    ['a port out of range', ['serve', '--port', '65536'], /'65536' is invalid. Use a whole number from 0 to 65535/],
    ['a port that is no number', ['serve', '--port', '0x10'], /'0x10' is invalid. Use a whole number/],
    ['a drain time that is none', ['serve', '--drain-ms', '-1'], /'-1' is invalid. Use whole milliseconds/],
    ['an unknown log level', ['serve', '--log-level', 'loud'], /Allowed choices are debug, info, warn, error, silent/],
    [
      'an unknown transport',
      ['serve', '--transport', 'pigeon'],
      'there is no transport "pigeon": use websocket, sse, longpolling, or all',
    ],
    ['one of several transports', ['serve', '--transport=websocket,pigeon'], /^there is no transport "pigeon"/],
    [
      'the memory transport',
      ['serve', '--transport', 'memory'],
      'the transport "memory" has no listener, nobody could connect: use websocket, sse, longpolling, or all',
    ],
    ['the memory transport beside all', ['serve', '--transport=all,memory'], /"memory" has no listener/],
    [
      'an unknown broker',
      ['serve', '--broker', 'x'],
      'there is no broker "x": use memory, redis, nats, rabbitmq, or null',
    ],
    [
      'a broker called as what every object has',
      ['serve', '--broker', 'constructor'],
      /^there is no broker "constructor"/,
    ],
    ['a certificate without key', ['serve', '--tls-cert', 'a.pem'], '--tls-cert needs --tls-key too'],
    ['a key without certificate', ['serve', '--tls-key', 'a.pem'], '--tls-key needs --tls-cert too'],
    [
      'an unreadable TLS file',
      ['serve', '--tls-key', 'gone.pem', '--tls-cert', 'gone.pem'],
      '--tls-key: can not read gone.pem (ENOENT): check path and permissions',
    ],
    [
      'a TLS file that is none',
      ['serve', '--tls-key', 'no.pem', '--tls-cert', 'no.pem'],
      /are not a PEM key and its cert/,
    ],
    ['a short API key', ['serve', '--api-key', 'short'], /needs at least 16 printable ASCII characters/],
    [
      'a host that is none here',
      ['serve', '--port', '0', '--host', '240.0.0.1'],
      /240.0.0.1 is no address of this machine/,
    ],
    ['publish without a key', ['publish', 'a', 'b'], /an API key is needed: give --key or REALTIME_API_KEY/],
    ['a key that fits in no header', ['publish', 'a', 'b', '--key', 'a b'], /the key has characters/],
    ['a URL that is none', ['listen', 'a', '--url', 'ftp://x'], /"ftp:\/\/x" is no server's URL/],
    ['a URL with a password', ['listen', 'a', '--url', 'http://u:p@x'], /--url takes scheme, host, port and path only/],
    ['a channel name that is none', ['listen', 'no spaces'], /^BAD_NAME: /],
  ] as const)('%s', async (_name, args, message) => {
    const line = await refused(args);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });

  it.each([
    ['nope', 'unexpected "n" at position 0 (line 1, column 1)'],
    ['{"a": 1,}', 'unexpected "}" at position 8 (line 1, column 9)'],
    ['{"a": 1', 'it ends too early at position 7 (line 1, column 8)'],
    ['[1,\n 2 3]', 'unexpected "3" at position 7 (line 2, column 4)'],
    ['[01]', 'unexpected "1" at position 2 (line 1, column 3)'],
    ['{1: 2}', 'unexpected "1" at position 1 (line 1, column 2)'],
    ['{"a" 2}', 'unexpected "2" at position 5 (line 1, column 6)'],
    ['[] []', 'unexpected "[" at position 3 (line 1, column 4)'],
    ['["a]', 'unexpected "\\"" at position 1 (line 1, column 2)'],
    ['', 'it ends too early at position 0 (line 1, column 1)'],
  ])('data that is not JSON: %j', async (json, problem) => {
    expect(await refused(['publish', 'a', 'b', json, '--key', KEY])).toContain(
      `the data is not JSON: ${problem}; text`,
    );
    expect(await refused(['publish', 'a', 'b', '-', '--key', KEY], { input: json })).toContain(problem);
  });

  it('a taken port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await refused(['serve', '--port', String(port)])).toBe(
      `port ${port} of 127.0.0.1 is taken: stop what uses it, or choose another with --port`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('a variable, which is named', async () => {
    expect(await refused(['serve'], { env: { REALTIME_PORT: 'x' } })).toContain(`value 'x' from env 'REALTIME_PORT'`);
  });

  it('with a stack only where the log level is debug', async () => {
    const args = ['serve', '--broker', 'x', '--log-level', 'debug'];
    const { code, stderr } = await runRt(args, { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^there is no broker "x": use memory, redis, nats, rabbitmq, or null\nCommandError: [^]*\n {4}at /,
    );
  });
});

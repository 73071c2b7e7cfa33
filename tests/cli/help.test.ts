import { describe, expect, it } from 'vitest';
import manifest from '../../packages/cli/package.json' with { type: 'json' };
import { runRt } from './rt-process.ts';

const FLAGS = {
  serve: [
    ...['--transport', '--broker', '--port', '--host', '--config', '--tls-key', '--tls-cert', '--api-key'],
    ...['--log-level', '--drain-ms', '--watch'],
    ...['REALTIME_TRANSPORT', 'REALTIME_BROKER', 'REALTIME_PORT', 'REALTIME_HOST', 'REALTIME_API_KEY'],
    ...['REALTIME_TLS_KEY', 'REALTIME_TLS_CERT', 'REALTIME_LOG_LEVEL'],
    ...['REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_DB'],
  ],
  publish: ['--url', '--key', '--json', 'REALTIME_URL', 'REALTIME_API_KEY'],
  listen: ['--url', '--token', '--json', 'REALTIME_URL', 'REALTIME_TOKEN'],
  test: ['--channel', '--user', '--data', '--config', '--url', '--key', '--json', 'REALTIME_URL', 'REALTIME_API_KEY'],
  doctor: ['--broker', '--config', '--json', 'REALTIME_BROKER'],
};

describe('rt --help', () => {
  it('lists every command', async () => {
    const { code, stdout } = await runRt(['--help']);
    expect(code).toBe(0);
    for (const command of Object.keys(FLAGS)) expect(stdout).toContain(command);
  });

  it.each(Object.entries(FLAGS))('of %s lists every flag and variable, with examples', async (command, flags) => {
    const { code, stdout, stderr } = await runRt([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const flag of flags) expect(stdout).toContain(flag);
    expect(stdout).toContain(`Examples:\n  rt ${command}`);
  });

  it('prints the version of the package', async () => {
    const { code, stdout } = await runRt(['--version']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${manifest.version}\n` });
  });

  it('shows itself where no command is given, as an error', async () => {
    const { code, stderr } = await runRt([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: rt');
  });
});

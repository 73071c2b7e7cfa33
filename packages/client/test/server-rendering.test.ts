import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = `
  for (const name of ['WebSocket', 'EventSource', 'fetch', 'document', 'window', 'location', 'crypto', 'addEventListener']) {
    Object.defineProperty(globalThis, name, { get() { throw new Error(name + ' was touched'); } });
  }
  const { RealtimeClient } = await import('@rt/client');
  await import('./src/http/fallback.ts');
  const client = new RealtimeClient('/', { token: () => 'token' });
  client.on('state', () => {});
  client.close();
  console.log(client.state);
`;

it('is imported and made where there is no browser, without touching a global of one', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', '--conditions=@rt/source', '--input-type=module', '--eval', PROGRAM],
    { cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  expect(stdout.trim()).toBe('closed');
});

import { RealtimeClient } from '@rt/client';
import { fakeRealtime, realtimeMatchers } from '@rt/core/testing';
import type { RealtimeMatchers } from '@rt/core/testing';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { channels, installMentions } from '../../examples/guide/mentions.ts';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RealtimeMatchers<R> {}
}

expect.extend(realtimeMatchers);

const run = promisify(execFile);

describe('mentions, with vitest', () => {
  it('tell everybody who is named, once', async () => {
    const realtime = fakeRealtime({ channels });
    onTestFinished(() => realtime.close());
    installMentions(realtime);
    const ben = await realtime.connect(RealtimeClient, 'ben');
    await ben.subscribe('presence-chat.1').subscribed;
    await ben.send('presence-chat.1', 'message.sent', { text: '@ann, @eve and @ann' });
    expect(realtime).toHaveBroadcast('presence-chat.1', 'message.sent', { text: expect.stringContaining('@ann') });
    expect(realtime).toHaveSentToUser('eve', 'mentioned', { room: '1' });
    expect(realtime).not.toHaveSentToUser('ben');
    expect(realtime).toHaveMember('presence-chat.1', 'ben', { name: 'ben' });
    expect(realtime.recorded.toUser('ann')).toHaveLength(1);
  });
});

it('mentions, with node:test', async () => {
  const file = join(import.meta.dirname, '../../examples/guide/mentions.node.ts');
  const args = ['--conditions=@rt/source', '--test', '--test-reporter=tap', file];
  // The variable would make it report to a run of node:test around this one.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { stdout } = await run(process.execPath, args, { timeout: 25_000, env });
  expect(stdout).toMatch(/^# pass 2$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** What each program of examples/guide prints, in any order where two things happen at once. */
const printed: Readonly<Record<string, readonly string[]>> = {
  'chat-room': ['eve is refused: FORBIDDEN', 'ben hears ann: hello'],
  notifications: [
    'phone: your order was shipped',
    'laptop: your order was shipped',
    'phone was cut off: DISCONNECTED',
    'laptop: your order has arrived',
    'phone: your order has arrived',
  ],
  presence: ['Ben came', 'Ben is away', 'here: ann, ben', 'ben went'],
  typing: ['Ann is typing…', 'Ann: done typing', 'kept: message.sent'],
};

describe('the programs of examples/guide', () => {
  it.each(Object.keys(printed))('%s does what it says, and ends', async (name) => {
    const file = join(import.meta.dirname, '../../examples/guide', `${name}.ts`);
    const { stdout, stderr } = await run(process.execPath, [file]);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n').sort()).toEqual([...printed[name]!].sort());
  });
});

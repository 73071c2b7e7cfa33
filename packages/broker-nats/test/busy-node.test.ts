import { expect, it } from 'vitest';
import { startNats } from '../../../tests/servers/nats.ts';
import { TestNode } from './node.ts';

/** Longer than a stream may be silent. */
const BUSY_MS = 6_000;

it('does not take a stream for silent where the node itself was too busy to listen', async () => {
  await using nats = await startNats();
  await using node = await TestNode.start({ url: nats.url });
  const seen = await node.follow('news');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
  // What is late comes first, and then what waits in the socket.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await node.append('news', ['afterwards']);
  expect(await seen.inbox.next('what was stored afterwards')).toBe('afterwards');
  expect(node.warnings.filter((warning) => warning.includes('read anew'))).toEqual([]);
});

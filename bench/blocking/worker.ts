import { parentPort } from 'node:worker_threads';

// One worker of a server that gives each request a worker: it does nothing else while the request waits.
const cell = new Int32Array(new SharedArrayBuffer(4));
parentPort!.on('message', (waitMs: number) => {
  Atomics.wait(cell, 0, 0, waitMs);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, and no window
  parentPort!.postMessage('done');
});

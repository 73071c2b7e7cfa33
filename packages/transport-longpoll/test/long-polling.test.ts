import { testTransport } from '@rt/core/conformance';
import { longPolling } from '@rt/transport-longpoll';
import { describe, expect, it } from 'vitest';
import { connectWithFetch } from './foreign-client.ts';

testTransport({ describe, it, expect }, 'longpolling', {
  transport: longPolling,
  connect: connectWithFetch,
  opensWithFrames: true,
});

import { testTransport } from '@rt/core/conformance';
import { sse } from '@rt/transport-sse';
import { describe, expect, it } from 'vitest';
import { connectWithEventSource } from './foreign-client.ts';

testTransport({ describe, it, expect }, 'sse', {
  transport: sse,
  connect: connectWithEventSource,
  opensWithFrames: true,
});

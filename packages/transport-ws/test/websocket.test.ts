import { testTransport } from '@rt/core/conformance';
import { websocket } from '@rt/transport-ws';
import { describe, expect, it } from 'vitest';
import { connectWithWs } from './foreign-client.ts';

testTransport({ describe, it, expect }, 'websocket', { transport: websocket, connect: connectWithWs });

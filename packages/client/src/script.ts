import { RealtimeClient, RealtimeError } from './index.ts';

// The script-tag build: `<script src="/realtime/client.js">` and then `new rt.RealtimeClient('/')`.
Object.assign(globalThis, { rt: { RealtimeClient, RealtimeError } });

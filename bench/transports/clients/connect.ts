import { rtDialect } from '../../fanout/dialects/rt.ts';
import { RawClient } from '../../fanout/raw-client.ts';
import type { ContenderName } from '../contender.ts';
import { BarePollClient } from './bare-poll.ts';
import { BareSseClient } from './bare-sse.ts';
import type { Connect } from './client.ts';
import { RtPollClient } from './rt-poll.ts';
import { RtSseClient } from './rt-sse.ts';
import { SocketIoClient } from './socket-io.ts';
import { WsClient } from './ws.ts';

const OVER_HTTP = {
  'rt sse': (port, events) => new RtSseClient(port, events),
  'rt longpolling': (port, events) => new RtPollClient(port, events),
  'bare sse': (port, events) => new BareSseClient(port, events),
  'bare polling': (port, events) => new BarePollClient(port, events),
  'socket.io polling': (port, events) => new SocketIoClient(port, events),
} satisfies Partial<Record<ContenderName, Connect>>;

/** Those that only listen, as cheap as they can be. */
export const LISTENERS: Readonly<Record<ContenderName, Connect>> = {
  ...OVER_HTTP,
  'rt websocket': (port, events) => new RawClient(rtDialect, { port }, events),
  'bare ws': (port, events) => new WsClient(port, events, false),
};

/** Those that echo. */
export const ECHOES: Readonly<Record<ContenderName, Connect>> = {
  ...OVER_HTTP,
  'rt websocket': (port, events) => new WsClient(port, events, true),
  'bare ws': (port, events) => new WsClient(port, events, false),
};

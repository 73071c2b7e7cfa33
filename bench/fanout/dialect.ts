import type { ContenderName } from './contender.ts';
import { rtDialect } from './dialects/rt.ts';
import { socketIoDialect } from './dialects/socket-io.ts';
import { wsDialect } from './dialects/ws.ts';

/** What a dialect tells the client about what came in. */
export interface Listener {
  send(text: string): void;
  /** It is connected and subscribed. */
  opened(): void;
  /** One message of the application, somewhere in `bytes` from `start` to `end`. */
  delivered(bytes: Buffer, start: number, end: number): void;
}

/** How to talk to one contender, as cheaply as can be: no JSON is parsed. */
export interface Dialect {
  readonly path: string;
  readonly protocol?: string;
  /** The handshake is done. */
  greet(listener: Listener): void;
  /** One WebSocket text message. */
  read(bytes: Buffer, start: number, end: number, listener: Listener): void;
}

export const DIALECTS: Readonly<Record<ContenderName, Dialect>> = {
  rt: rtDialect,
  ws: wsDialect,
  'socket-io': socketIoDialect,
};

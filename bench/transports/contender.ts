/** Who is measured: a server, and how its clients come. */
export type ContenderName =
  | 'rt websocket'
  | 'rt sse'
  | 'rt longpolling'
  | 'bare ws'
  | 'bare sse'
  | 'bare polling'
  | 'socket.io polling';

const RT = new URL('contenders/rt.ts', import.meta.url);

/** Their server processes. */
export const SERVERS: Readonly<Record<ContenderName, URL>> = {
  'rt websocket': RT,
  'rt sse': RT,
  'rt longpolling': RT,
  'bare ws': new URL('contenders/ws.ts', import.meta.url),
  'bare sse': new URL('contenders/sse.ts', import.meta.url),
  'bare polling': new URL('contenders/polling.ts', import.meta.url),
  'socket.io polling': new URL('contenders/socket-io.ts', import.meta.url),
};

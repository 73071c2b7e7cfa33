/** A way of reaching the server: the same frames on each. */
export type TransportName = 'websocket' | 'sse' | 'longpolling';

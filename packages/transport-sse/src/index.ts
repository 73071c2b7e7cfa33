/** The server-sent events transport of the rt realtime server. */
export { sse } from './sse.ts';

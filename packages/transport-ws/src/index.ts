/** The WebSocket transport of the rt realtime server. */
export { websocket } from './websocket.ts';

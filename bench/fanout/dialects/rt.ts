import { randomBytes } from 'node:crypto';
import type { Dialect, Listener } from '../dialect.ts';

const LF = 0x0a;
const LETTER_M = 0x6d;
const PONG = '["pong"]';

/** `rt.v1`: a message is one frame or several joined by LF, each an array that begins with its type. */
export const rtDialect: Dialect = {
  path: '/realtime/ws',
  protocol: 'rt.v1',
  greet: (listener) => {
    const instance = randomBytes(16).toString('base64url');
    listener.send(`["connect",1,"${instance}",null,[["bench",null]]]`);
  },
  read: (bytes, start, end, listener) => {
    // A view, so that a search ends where the message ends.
    const message = bytes.subarray(start, end);
    let at = 0;
    while (at < message.length) {
      const lineFeed = message.indexOf(LF, at);
      const stop = lineFeed === -1 ? message.length : lineFeed;
      if (message[at + 2] === LETTER_M) listener.delivered(message, at, stop);
      else readControl(message.toString('utf8', at, stop), listener);
      at = stop + 1;
    }
  },
};

function readControl(frame: string, listener: Listener): void {
  if (frame.startsWith('["sub",')) listener.opened();
  else if (frame === '["ping"]') listener.send(PONG);
  else if (!frame.startsWith('["ready",')) throw new Error(`unexpected: ${frame}`);
}

import type { Dialect } from '../dialect.ts';

const DIGIT_0 = 0x30;
const DIGIT_2 = 0x32;
const DIGIT_4 = 0x34;

/** Engine.IO 4 over WebSocket (0 open, 2 ping, 3 pong, 4 message), with Socket.IO 5 inside (0 connect, 2 event). */
export const socketIoDialect: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  greet: () => undefined,
  read: (bytes, start, end, listener) => {
    const type = bytes[start];
    if (type === DIGIT_0) listener.send('40');
    else if (type === DIGIT_2) listener.send('3');
    else if (type === DIGIT_4 && bytes[start + 1] === DIGIT_2) listener.delivered(bytes, start, end);
    else if (type === DIGIT_4 && bytes[start + 1] === DIGIT_0) listener.opened();
    else throw new Error(`unexpected: ${bytes.toString('utf8', start, end)}`);
  },
};

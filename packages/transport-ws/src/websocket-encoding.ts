import type { Encoding } from '@rt/core';

/** RFC 6455 §5.2: FIN set, opcode 1 (text). A server's frames are not masked. */
const FINAL_TEXT = 0x81;
/** A run is cut into messages of about this many characters, so that a browser handles a burst in several events. */
const MESSAGE_LENGTH = 64 * 1024;

/** A run of frames as ready-made WebSocket messages: each holds 1..n frames joined by LF, and nothing is compressed. */
export const webSocketEncoding: Encoding = {
  name: 'websocket',
  encode(frames, lines) {
    if (lines.length < MESSAGE_LENGTH) return textMessage(lines);
    const messages: Buffer[] = [];
    let start = 0;
    let length = 0;
    for (let index = 0; index < frames.length; index++) {
      length += frames[index]!.length + 1;
      if (length < MESSAGE_LENGTH && index < frames.length - 1) continue;
      messages.push(textMessage(frames.slice(start, index + 1).join('\n')));
      start = index + 1;
      length = 0;
    }
    return messages.length === 1 ? messages[0]! : Buffer.concat(messages);
  },
};

/** One unfragmented text message: header and payload in one piece, so that it is one write. */
function textMessage(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length < 126) {
    const bytes = Buffer.allocUnsafe(2 + length);
    bytes[0] = FINAL_TEXT;
    bytes[1] = length;
    bytes.write(text, 2);
    return bytes;
  }
  if (length < 65_536) {
    const bytes = Buffer.allocUnsafe(4 + length);
    bytes[0] = FINAL_TEXT;
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
    bytes.write(text, 4);
    return bytes;
  }
  const bytes = Buffer.allocUnsafe(10 + length);
  bytes[0] = FINAL_TEXT;
  bytes[1] = 127;
  bytes.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
  bytes.writeUInt32BE(length % 2 ** 32, 6);
  bytes.write(text, 10);
  return bytes;
}

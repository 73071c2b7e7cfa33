/** RFC 6455 §5.2: opcodes. */
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;

/** Takes one message: `bytes` from `start` to `end`, valid only during the call. */
export type OnMessage = (bytes: Buffer, start: number, end: number) => void;

/** Cuts what a server sends into messages. Knows what these servers do: unmasked, unfragmented, text. */
export class FrameReader {
  readonly #onMessage: OnMessage;
  /** The beginning of a frame whose rest has not come yet. */
  #begun: Buffer | undefined;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /** Throws for a frame that these servers should never send; a close frame is one. */
  read(chunk: Buffer): void {
    const bytes = this.#begun === undefined ? chunk : Buffer.concat([this.#begun, chunk]);
    this.#begun = undefined;
    let at = 0;
    while (at < bytes.length) {
      const end = this.#readFrame(bytes, at);
      if (end === undefined) {
        // Copied: the chunk belongs to the socket.
        this.#begun = Buffer.from(bytes.subarray(at));
        return;
      }
      at = end;
    }
  }

  /** Where the frame at `at` ends, or `undefined` where it is not whole. */
  #readFrame(bytes: Buffer, at: number): number | undefined {
    const available = bytes.length - at;
    if (available < 2) return undefined;
    const short = bytes[at + 1]! & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (available < header) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
    if (available < header + length) return undefined;
    const opcode = bytes[at]! & 0x0f;
    const start = at + header;
    const end = start + length;
    if (opcode === TEXT) this.#onMessage(bytes, start, end);
    else if (opcode === CLOSE) throw new Error(`the server closed: ${bytes.toString('latin1', start + 2, end)}`);
    else if (opcode === PING) throw new Error('a WebSocket ping: none of these servers sends any');
    return end;
  }
}

/** One masked text message of less than 126 bytes (RFC 6455 §5.3), with a mask of zeros, which changes nothing. */
export function maskedText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length > 125) throw new RangeError('a raw client sends short messages only');
  const bytes = Buffer.alloc(6 + length);
  bytes[0] = 0x80 | TEXT;
  bytes[1] = 0x80 | length;
  bytes.write(text, 6);
  return bytes;
}

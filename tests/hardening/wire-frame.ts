/** RFC 6455 §11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A WebSocket frame as it came. */
export interface WireFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** How a frame is written; what is left out is what an honest client does. */
export interface FrameShape {
  readonly opcode?: number;
  readonly isFinal?: boolean;
  /** RSV1–RSV3 as the bits 0x40, 0x20, 0x10. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** What the header says, where that is not the truth. */
  readonly claimedLength?: bigint;
}

/** The bytes of one frame of a client. The mask is zero, which is a legal one, so the payload stays readable. */
export function clientFrame(payload: string | Uint8Array, shape: FrameShape = {}): Buffer {
  const { opcode = OPCODE.text, isFinal = true, reserved = 0, isMasked = true } = shape;
  const bytes = Buffer.from(payload);
  const length = shape.claimedLength ?? BigInt(bytes.length);
  const mask = isMasked ? 0x80 : 0;
  const first = (isFinal ? 0x80 : 0) | reserved | opcode;
  let header: Buffer;
  if (length < 126n) {
    header = Buffer.from([first, mask | Number(length)]);
  } else if (length < 65_536n) {
    header = Buffer.from([first, mask | 126, 0, 0]);
    header.writeUInt16BE(Number(length), 2);
  } else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = mask | 127;
    header.writeBigUInt64BE(length, 2);
  }
  return Buffer.concat([header, Buffer.alloc(isMasked ? 4 : 0), bytes]);
}

/** The first frame of a server's bytes and how long it is, or `undefined` while it is not all there. */
export function readServerFrame(bytes: Buffer): { frame: WireFrame; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + size) return undefined;
  return { frame: { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(start, start + size) }, length: start + size };
}

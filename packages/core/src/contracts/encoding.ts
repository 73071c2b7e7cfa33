/**
 * How a run of frames looks on one kind of wire.
 *
 * - MUST be stateless: the bytes depend on the frames alone, so that one result serves every connection.
 * - One instance is shared by all links of a transport: core compares encodings by identity.
 */
export interface Encoding {
  readonly name: string;
  /** The bytes of 1..n frames, ready to be written as they are. `lines` are the same frames, joined by LF: they have none themselves. */
  encode(frames: readonly string[], lines: string): Uint8Array;
}

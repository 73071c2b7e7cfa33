const LF = 0x0a;

/** Cuts a stream of bytes into lines, wherever it was cut into pieces. */
export class Lines {
  readonly #each: (bytes: Buffer, start: number, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(each: (bytes: Buffer, start: number, end: number) => void) {
    this.#each = each;
  }

  read(piece: Buffer): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      this.#each(bytes, start, end);
      start = end + 1;
    }
    // What is read next reuses no buffer of ours, but a piece may be a large one.
    this.#rest = start === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(start));
  }
}

const MARK = '"sentAt":"';
const DIGITS = 20;

/** How long deliveries took, in microseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Notes for every delivery how long ago the server sent it. */
export class LatencyRecorder {
  readonly #microseconds: number[] = [];

  note(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString('latin1', start, end);
    const at = text.indexOf(MARK) + MARK.length;
    const sentAt = BigInt(text.slice(at, at + DIGITS));
    this.#microseconds.push(Number(process.hrtime.bigint() - sentAt) / 1000);
  }

  read(): Latency {
    const sorted = Float64Array.from(this.#microseconds).sort();
    const at = (part: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

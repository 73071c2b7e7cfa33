import type { Clock } from '../contracts/clock.ts';

const QUIET_MS = 60_000;

type Details = Readonly<Record<string, string | number>>;

/**
 * For brokers: passes on each kind of warning once a minute at most, with how often it came since (`count`), because trouble comes
 * in floods.
 */
export class Warnings {
  readonly #clock: Clock;
  readonly #report: (message: string, details: Details) => void;
  readonly #kinds = new Map<string, { at: number; count: number }>();

  constructor(clock: Clock, report: (message: string, details: Details) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  warn(message: string, details: Details): void {
    const now = this.#clock.now();
    const kind = this.#kinds.get(message) ?? { at: Number.NEGATIVE_INFINITY, count: 0 };
    this.#kinds.set(message, kind);
    kind.count++;
    if (now - kind.at < QUIET_MS) return;
    kind.at = now;
    this.#report(message, { ...details, count: kind.count });
    kind.count = 0;
  }
}

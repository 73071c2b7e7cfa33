import type { Cancel, Clock } from '../contracts/clock.ts';

/** A line on which everything takes its time and nothing overtakes. */
export class DelayedLine {
  /** How long what is sent from now on is under way, in milliseconds. */
  delayMs = 0;
  readonly #clock: Clock;
  readonly #underWay = new Set<Cancel>();
  #lastAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `arrive` when its time has come: at once where nothing is delayed. */
  send(arrive: () => void): void {
    const now = this.#clock.now();
    const at = Math.max(now + this.delayMs, this.#underWay.size === 0 ? 0 : this.#lastAt);
    if (at <= now && this.#underWay.size === 0) return arrive();
    this.#lastAt = at;
    const cancel = this.#clock.after(at - now, () => {
      this.#underWay.delete(cancel);
      arrive();
    });
    this.#underWay.add(cancel);
  }

  /** What is under way never arrives. */
  cut(): void {
    for (const cancel of this.#underWay) cancel();
    this.#underWay.clear();
  }
}

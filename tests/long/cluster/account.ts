/** Shorter than this, one frame that comes late makes the figure. */
const SOME_TIME_MS = 5_000;

/** What one client of a crowd saw: its messages are numbered from 0, so that each missing, doubled or swapped one shows. */
export class Account {
  /** The highest number that anybody of this process has seen: what one that comes back has to reach. */
  static #highest = -1;
  readonly wrong: string[] = [];
  /** When it had caught up after its last return, in milliseconds since 1970; `undefined` while it has not. */
  caughtUpAt: number | undefined;
  #next = 0;
  #goal: number | undefined;
  #presenceFrames = 0;
  #firstPresenceAt = 0;
  #lastPresenceAt = 0;

  get count(): number {
    return this.#next;
  }

  /** Frames about members in a second; 0 where they came for too short a time to say. */
  get presencePerSecond(): number {
    const ms = this.#lastPresenceAt - this.#firstPresenceAt;
    return ms < SOME_TIME_MS ? 0 : ((this.#presenceFrames - 1) * 1_000) / ms;
  }

  message(number: number): void {
    if (number !== this.#next) this.wrong.push(`message ${number} where ${this.#next} was next`);
    this.#next = number + 1;
    Account.#highest = Math.max(Account.#highest, number);
    this.#look();
  }

  presence(): void {
    this.#lastPresenceAt = Date.now();
    if (this.#presenceFrames++ === 0) this.#firstPresenceAt = this.#lastPresenceAt;
  }

  gap(reason: string): void {
    this.wrong.push(`a gap: ${reason}`);
  }

  /** Its connection went. */
  lost(): void {
    this.caughtUpAt = undefined;
    this.#goal = undefined;
  }

  /** Its subscription was confirmed. */
  confirmed(): void {
    this.#goal = Account.#highest;
    this.#look();
  }

  #look(): void {
    if (this.#goal !== undefined && this.#next > this.#goal) this.caughtUpAt ??= Date.now();
  }
}

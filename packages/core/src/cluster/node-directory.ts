import type { Clock } from '../contracts/clock.ts';

/** How often each node says that it lives. */
export const BEAT_MS = 1_000;
/** A silent node is taken for dead after this. */
const SILENCE_MS = 5_000;
/** When several peers fall silent together, the broker is the likelier cause: they get this long. */
const SILENCE_TOGETHER_MS = 10_000;
/** Silence from which a peer counts among those that fell silent together. */
const SUSPECT_MS = 3_000;
/** Nobody is taken for dead until this long after the own beats came back, so that everybody's next ones can. */
const THAW_MS = 5_000;
/** The own beat is overdue, so what is not heard says nothing about the others. */
const OWN_BEAT_MS = 2_500;
const SWEEP_MS = 500;
/** Longer between two sweeps than this, the process stood still, and so did what it might have heard. */
const STANDSTILL_MS = 2_000;

interface Peer {
  readonly serves: boolean;
  lastSeen: number;
}

/** Who hears of nodes that come and go. */
export interface DirectoryEvents {
  came(node: string): void;
  /** `isOrderly`: it said so. */
  went(node: string, isOrderly: boolean): void;
}

/**
 * The other nodes of the cluster, as far as they are heard. A node that falls silent is dropped, but not while it may be this
 * node that does not hear: a broker that stands still, or this very process, must not look like the death of all others.
 */
export class NodeDirectory {
  readonly #self: string;
  readonly #clock: Clock;
  readonly #events: DirectoryEvents;
  readonly #peers = new Map<string, Peer>();
  #ownBeat = 0;
  #lastSweep = 0;
  #frozenUntil = 0;

  constructor(self: string, clock: Clock, events: DirectoryEvents) {
    this.#self = self;
    this.#clock = clock;
    this.#events = events;
  }

  /** Begins to watch; returns what ends it. `isBrokerUp` is asked at each sweep. */
  start(isBrokerUp: () => boolean): () => void {
    this.#lastSweep = this.#ownBeat = this.#clock.now();
    return this.#clock.every(SWEEP_MS, () => this.#sweep(isBrokerUp()));
  }

  get nodes(): readonly string[] {
    return [...this.#peers.keys()];
  }

  has(node: string): boolean {
    return this.#peers.has(node);
  }

  /** The others that have clients. */
  get serving(): readonly string[] {
    return Array.from(this.#peers).flatMap(([node, { serves }]) => (serves ? [node] : []));
  }

  /** `node` was heard; it may be this one. */
  heard(node: string, serves: boolean): void {
    const now = this.#clock.now();
    if (node === this.#self) {
      this.#ownBeat = now;
      return;
    }
    const peer = this.#peers.get(node);
    if (peer !== undefined) {
      peer.lastSeen = now;
      return;
    }
    this.#peers.set(node, { serves, lastSeen: now });
    this.#events.came(node);
  }

  /** `node` has ended. */
  left(node: string): void {
    if (this.#peers.delete(node)) this.#events.went(node, true);
  }

  #sweep(isBrokerUp: boolean): void {
    const now = this.#clock.now();
    const stoodStill = now - this.#lastSweep > STANDSTILL_MS;
    this.#lastSweep = now;
    if (!isBrokerUp || stoodStill || now - this.#ownBeat > OWN_BEAT_MS) this.#frozenUntil = now + THAW_MS;
    if (now < this.#frozenUntil) return;
    const silences = Array.from(this.#peers.values(), ({ lastSeen }) => now - lastSeen);
    const isTogether = silences.length > 1 && silences.every((silence) => silence >= SUSPECT_MS);
    const limit = isTogether ? SILENCE_TOGETHER_MS : SILENCE_MS;
    for (const [node, { lastSeen }] of this.#peers) {
      if (now - lastSeen < limit) continue;
      this.#peers.delete(node);
      this.#events.went(node, false);
    }
  }
}

import type { PresenceEntry } from './presence-wire.ts';

/** Deltas kept while a copy is on its way; of more, another copy is asked for. */
const MAX_LATER = 1_000;

/** Hears of one member of the peer; info `null` is no longer one. */
export type Apply = (entry: PresenceEntry) => void;

/** The members of one other node, as far as it has told: changes in the order of their versions, or a copy of all. */
export class PeerMembers {
  readonly #apply: Apply;
  /** By channel and user, which can't hold a space. */
  #entries = new Map<string, PresenceEntry>();
  /** Up to where everything is known; `undefined` while nothing is. */
  #version: number | undefined;
  /** Deltas that came before what they build on. */
  readonly #later = new Map<number, readonly PresenceEntry[]>();
  #copy: { readonly version: number; readonly parts: Map<number, readonly PresenceEntry[]> } | undefined;

  constructor(apply: Apply) {
    this.#apply = apply;
  }

  /** Whether everything up to `version` is known. */
  isAt(version: number): boolean {
    // A node that never had members has nothing to be asked for.
    if (version === 0) this.#version ??= 0;
    return this.#version !== undefined && this.#version >= version;
  }

  /** Whether it could be applied: otherwise something before it is missing. */
  delta(version: number, entries: readonly PresenceEntry[]): boolean {
    if (version === 1) this.#version ??= 0;
    if (this.#version !== undefined && version <= this.#version) return true;
    if (this.#later.size < MAX_LATER) this.#later.set(version, entries);
    this.#applyLater();
    return this.isAt(version);
  }

  part(version: number, index: number, count: number, entries: readonly PresenceEntry[]): void {
    if (this.isAt(version) || index >= count) return;
    if (this.#copy?.version !== version) this.#copy = { version, parts: new Map() };
    this.#copy.parts.set(index, entries);
    if (this.#copy.parts.size < count) return;
    const all = [...this.#copy.parts.values()].flat();
    this.#copy = undefined;
    const gone = this.#entries;
    this.#entries = new Map();
    for (const entry of all) {
      gone.delete(keyOf(entry));
      this.#set(entry);
    }
    for (const entry of gone.values()) this.#apply(ended(entry));
    this.#version = version;
    this.#applyLater();
  }

  /** The node ends: its members are only waited for. */
  wait(): void {
    for (const [channel, user, info, connectedAt, , enteredAt] of this.#entries.values()) {
      this.#apply([channel, user, info, connectedAt, true, enteredAt]);
    }
  }

  /** The node is gone, and its members with it. */
  drop(): void {
    for (const entry of this.#entries.values()) this.#apply(ended(entry));
    this.#entries.clear();
  }

  #applyLater(): void {
    if (this.#version === undefined) return;
    for (const version of this.#later.keys()) if (version <= this.#version) this.#later.delete(version);
    for (;;) {
      const entries = this.#later.get(this.#version + 1);
      if (entries === undefined) return;
      this.#later.delete(++this.#version);
      for (const entry of entries) this.#set(entry);
    }
  }

  #set(entry: PresenceEntry): void {
    if (entry[2] === null) this.#entries.delete(keyOf(entry));
    else this.#entries.set(keyOf(entry), entry);
    this.#apply(entry);
  }
}

function keyOf([channel, user]: PresenceEntry): string {
  return `${channel} ${user}`;
}

function ended([channel, user, , connectedAt, , enteredAt]: PresenceEntry): PresenceEntry {
  return [channel, user, null, connectedAt, false, enteredAt];
}

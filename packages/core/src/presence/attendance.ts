import type { Connection } from '../connection/connection.ts';
import type { Cancel } from '../contracts/clock.ts';
import type { Info } from './info.ts';
import type { Member } from './member.ts';

/**
 * One client program (instance) of a user: it has one connection, two while it moves from one to the next, and none
 * while it is waited for.
 */
interface Place {
  readonly connections: Set<Connection>;
  /** What the authorizer answered to the subscription, as JSON. */
  given: string;
  info: Info;
  /** Which update `info` is from: a slow answer to an earlier one must not undo it. */
  updateNumber: number;
  /** While it is waited for. */
  stopWaiting: Cancel | undefined;
}

/** Starts the time in which a client that dropped may come back; `isOver` is to be called at its end. */
export type StartGrace = (isOver: () => void) => Cancel;

/** A member as clients are told of it. */
export interface Shown {
  readonly member: Member;
  readonly infoText: string;
  /** Of `text` as it travels. */
  readonly bytes: number;
  /** `[id, info, connectedAt]` */
  readonly text: string;
}

/** One user in one presence channel, as one node has them. */
export interface NodeEntry {
  readonly info: Info;
  /** Since when the user is a member, on whichever node. */
  readonly connectedAt: number;
  /** Since when they have been at this node. */
  readonly enteredAt: number;
  /** Every connection there dropped, and may come back. */
  readonly isWaiting: boolean;
}

/** One user in one presence channel: the places here from which they take part, in the order of their coming, and other nodes. */
export class Attendance {
  readonly id: string;
  /** While the user is here: since when they are a member, on whichever node. */
  #connectedAt = 0;
  #enteredAt = 0;
  readonly #places = new Map<string, Place>();
  /** What other nodes have of this user; made with the first. */
  #elsewhere: Map<string, NodeEntry> | undefined;
  /** What the others see; `undefined` before the first `refresh`. */
  shown: Shown | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /**
   * Brings `shown` up to date with the earliest place, or `undefined` where none is left. With several nodes, those where
   * somebody is come before those that wait, in the same order on every node. Whether it changed.
   */
  refresh(): boolean {
    let first = this.own;
    let connectedAt = first?.connectedAt ?? Infinity;
    for (const entry of this.#elsewhere?.values() ?? []) {
      if (first === undefined || isBefore(entry, first)) first = entry;
      connectedAt = Math.min(connectedAt, entry.connectedAt);
    }
    const { shown } = this;
    if (first === undefined) {
      this.shown = undefined;
      return shown !== undefined;
    }
    if (first.info.text === shown?.infoText && shown.member.connectedAt === connectedAt) return false;
    this.shown = this.#show(first.info, connectedAt);
    return true;
  }

  /** What this node has of the user: the other nodes are told. */
  get own(): NodeEntry | undefined {
    const [first] = this.#places.values();
    if (first === undefined) return undefined;
    let isWaiting = true;
    for (const { connections } of this.#places.values()) if (connections.size > 0) isWaiting = false;
    return { info: first.info, connectedAt: this.#connectedAt, enteredAt: this.#enteredAt, isWaiting };
  }

  /** Another node has `entry` of the user now. Who came there first has been a member since then here as well. */
  setElsewhere(node: string, entry: NodeEntry | undefined): void {
    if (entry === undefined) {
      this.#elsewhere?.delete(node);
      return;
    }
    this.#elsewhere ??= new Map();
    this.#elsewhere.set(node, entry);
    this.#connectedAt = Math.min(this.#connectedAt, entry.connectedAt);
  }

  enter(connection: Connection, info: Info, now: number): void {
    if (this.#places.size === 0) {
      this.#enteredAt = now;
      this.#connectedAt = now;
      for (const entry of this.#elsewhere?.values() ?? []) {
        this.#connectedAt = Math.min(this.#connectedAt, entry.connectedAt);
      }
    }
    const place = this.#places.get(connection.instanceHash);
    if (place === undefined) {
      const connections = new Set([connection]);
      const created = { connections, given: info.text, info, updateNumber: 0, stopWaiting: undefined };
      this.#places.set(connection.instanceHash, created);
      return;
    }
    place.stopWaiting?.();
    place.stopWaiting = undefined;
    place.connections.add(connection);
    // Its own updates outlast a reconnect, but not a new decision of the server.
    if (place.given === info.text) return;
    place.given = info.text;
    place.info = info;
  }

  /** Without `startGrace` it leaves at once. */
  leave(connection: Connection, startGrace: StartGrace | undefined): void {
    const instance = connection.instanceHash;
    const place = this.#places.get(instance);
    if (place?.connections.delete(connection) !== true || place.connections.size > 0) return;
    if (startGrace === undefined) this.#places.delete(instance);
    else place.stopWaiting = startGrace(() => this.#places.delete(instance));
  }

  /** `connection` has new info. Those who are only waited for no longer stand before it. */
  update(connection: Connection, info: Info, updateNumber: number): void {
    const place = this.#places.get(connection.instanceHash);
    if (place === undefined || updateNumber < place.updateNumber) return;
    place.updateNumber = updateNumber;
    place.info = info;
    this.forgetWaiting();
  }

  /** Those who are only waited for have left. */
  forgetWaiting(): void {
    for (const [instance, { connections, stopWaiting }] of this.#places) {
      if (connections.size > 0) continue;
      stopWaiting?.();
      this.#places.delete(instance);
    }
  }

  stopWaiting(): void {
    for (const place of this.#places.values()) place.stopWaiting?.();
  }

  #show({ value, text }: Info, connectedAt: number): Shown {
    const member = Object.freeze({ id: this.id, info: value, connectedAt });
    const entry = `[${JSON.stringify(this.id)},${text},${connectedAt}]`;
    return { member, infoText: text, text: entry, bytes: Buffer.byteLength(entry) };
  }
}

/** Whether `one` is what others see rather than `other`. Two that came in the same millisecond are told apart as well. */
function isBefore(one: NodeEntry, other: NodeEntry): boolean {
  if (one.isWaiting !== other.isWaiting) return other.isWaiting;
  return one.enteredAt === other.enteredAt ? one.info.text < other.info.text : one.enteredAt < other.enteredAt;
}

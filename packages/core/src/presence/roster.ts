import type { Connection } from '../connection/connection.ts';
import type { Cancel } from '../contracts/clock.ts';
import { Attendance } from './attendance.ts';
import type { NodeEntry, Shown } from './attendance.ts';
import type { Info } from './info.ts';
import type { Member, MemberChange } from './member.ts';

/** Up to where clients get lists of members; beyond, counts only. */
export interface RosterLimits {
  readonly members: number;
  /** Bytes of all members' JSON together. */
  readonly bytes: number;
}

/** Lists come back only below this share of a limit: a channel at the limit would send everything again and again. */
const COMING_BACK = 0.9;

/**
 * The members of one channel, and what this node's clients know of them. Clients know
 * the members as of `version`; the next frame brings them from there to here, and raises it by one.
 */
export class Roster {
  readonly #channel: string;
  readonly #limits: RosterLimits;
  readonly #attendances = new Map<string, Attendance>();
  /** Bytes of all members' JSON. */
  #bytes = 0;
  #version = 0;
  /** The members as of `version`; `undefined` while clients only know the count. */
  #known: Map<string, Shown> | undefined = new Map();
  #knownCount = 0;
  /** The JSON of `#known`, made when first asked for. */
  #knownText: string | undefined;
  /** Whose entry may differ from `#known`. */
  readonly #changed = new Set<string>();

  constructor(channel: string, limits: RosterLimits) {
    this.#channel = channel;
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#attendances.size === 0;
  }

  members(): readonly Member[] {
    return Array.from(this.#attendances.values(), ({ shown }) => shown!.member);
  }

  /** `connection` of user `id` takes part from now on. */
  enter(id: string, connection: Connection, info: Info, now: number): MemberChange | undefined {
    let attendance = this.#attendances.get(id);
    if (attendance === undefined) {
      attendance = new Attendance(id);
      this.#attendances.set(id, attendance);
    }
    attendance.enter(connection, info, now);
    return this.#refresh(attendance);
  }

  /** `connection` is gone; with `startGrace` it is waited for, and what its end brings is handed to `isOver`'s caller. */
  leave(
    id: string,
    connection: Connection,
    startGrace: ((isOver: () => MemberChange | undefined) => Cancel) | undefined,
  ): MemberChange | undefined {
    const attendance = this.#attendances.get(id);
    if (attendance === undefined) return undefined;
    attendance.leave(
      connection,
      startGrace &&
        ((isOver) =>
          startGrace(() => {
            isOver();
            return this.#refresh(attendance);
          })),
    );
    return this.#refresh(attendance);
  }

  /** `connection` has new info; `updateNumber` rises with every update that came in. */
  update(id: string, connection: Connection, info: Info, updateNumber: number): MemberChange | undefined {
    const attendance = this.#attendances.get(id);
    attendance?.update(connection, info, updateNumber);
    return attendance === undefined ? undefined : this.#refresh(attendance);
  }

  /** What this node has of user `id`. */
  own(id: string): NodeEntry | undefined {
    return this.#attendances.get(id)?.own;
  }

  /** The ids of all members, on whichever node. */
  ids(): Iterable<string> {
    return this.#attendances.keys();
  }

  /** Another node has `entry` of user `id` now. */
  setElsewhere(id: string, node: string, entry: NodeEntry | undefined): MemberChange | undefined {
    let attendance = this.#attendances.get(id);
    if (attendance === undefined) {
      if (entry === undefined) return undefined;
      attendance = new Attendance(id);
      this.#attendances.set(id, attendance);
    }
    attendance.setElsewhere(node, entry);
    return this.#refresh(attendance);
  }

  /** Nobody waits any longer for what dropped of user `id`. */
  forgetWaiting(id: string): MemberChange | undefined {
    const attendance = this.#attendances.get(id);
    attendance?.forgetWaiting();
    return attendance === undefined ? undefined : this.#refresh(attendance);
  }

  /** Ends every grace time. */
  stopWaiting(): void {
    for (const attendance of this.#attendances.values()) attendance.stopWaiting();
  }

  /** The frame that brings clients up to date, or `undefined` where they are. */
  nextFrame(): string | undefined {
    const lists = this.#isCountOnly() ? this.#forget() : this.#publish();
    if (lists === undefined) return undefined;
    this.#version++;
    this.#knownCount = this.#attendances.size;
    return `["pres",${JSON.stringify(this.#channel)},${this.#version},${lists},${this.#knownCount}]`;
  }

  /**
   * The JSON of the members as of the version that clients are at, so that the next frame fits. `viewer`, who may have
   * come since, is always in the list: a client finds itself among the members from the first moment.
   */
  text(viewer: string): string {
    if (this.#known === undefined) return rosterText(this.#version, this.#knownCount, null);
    this.#knownText ??= Array.from(this.#known.values(), ({ text }) => text).join();
    const own = this.#known.has(viewer) ? undefined : this.#attendances.get(viewer)?.shown;
    if (own === undefined) return rosterText(this.#version, this.#known.size, this.#knownText);
    const separator = this.#knownText === '' ? '' : ',';
    return rosterText(this.#version, this.#known.size + 1, this.#knownText + separator + own.text);
  }

  #refresh(attendance: Attendance): MemberChange | undefined {
    const before = attendance.shown;
    if (!attendance.refresh()) return undefined;
    const { id, shown } = attendance;
    this.#bytes += (shown?.bytes ?? 0) - (before?.bytes ?? 0);
    if (this.#known !== undefined) this.#changed.add(id);
    if (shown !== undefined) return { event: before === undefined ? 'joined' : 'updated', member: shown.member };
    this.#attendances.delete(id);
    return before && { event: 'left', member: before.member };
  }

  #isCountOnly(): boolean {
    const share = this.#known === undefined ? COMING_BACK : 1;
    return this.#attendances.size > this.#limits.members * share || this.#bytes > this.#limits.bytes * share;
  }

  /** From now on clients only know the count. `undefined` where it is the one they know. */
  #forget(): string | undefined {
    if (this.#known === undefined && this.#knownCount === this.#attendances.size) return undefined;
    this.#known = undefined;
    this.#knownText = undefined;
    this.#changed.clear();
    return '[],[],[]';
  }

  /** What clients don't know yet becomes known; `undefined` where there is nothing. */
  #publish(): string | undefined {
    // Clients that only knew the count know nobody, so everybody is new to them.
    const ids = this.#known === undefined ? this.#attendances.keys() : this.#changed;
    const known = (this.#known ??= new Map());
    const joined: string[] = [];
    const left: string[] = [];
    const updated: string[] = [];
    for (const id of ids) {
      const was = known.get(id);
      const is = this.#attendances.get(id)?.shown;
      if (is === undefined) {
        if (known.delete(id)) left.push(JSON.stringify(id));
        continue;
      }
      known.set(id, is);
      // Who left and came back meanwhile has joined anew; that replaces the old entry.
      if (was?.member.connectedAt !== is.member.connectedAt) joined.push(is.text);
      else if (was.infoText !== is.infoText) updated.push(`[${JSON.stringify(id)},${is.infoText}]`);
    }
    this.#changed.clear();
    if (joined.length + left.length + updated.length === 0) return undefined;
    this.#knownText = undefined;
    return `[${joined.join()}],[${left.join()}],[${updated.join()}]`;
  }
}

/** What clients are told of a channel without members here. */
export const EMPTY_ROSTER = rosterText(0, 0, '');

function rosterText(version: number, count: number, members: string | null): string {
  return `{"version":${version},"count":${count},"members":${members === null ? 'null' : `[${members}]`}}`;
}

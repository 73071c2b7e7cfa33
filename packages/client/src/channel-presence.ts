import type { MemberRow, PresenceRoster, RealtimeError, ServerFrameOf } from '@rt/protocol';
import { Emitter } from './emitter.ts';
import type { Member, MemberInfo, Presence, PresenceEvents } from './presence.ts';
import type { NumberedFrame } from './requests.ts';

/** What presence asks of its subscription. */
export interface PresenceOwner {
  readonly channel: string;
  readonly subscribed: Promise<void>;
  /** Asks the server something. */
  ask(frame: NumberedFrame): Promise<unknown>;
}

type Members = ReadonlyMap<string, Member>;

/** A `Presence`, with the half of it that the server's frames drive. */
export class ChannelPresence extends Emitter<PresenceEvents> implements Presence {
  count = 0;
  readonly #owner: PresenceOwner;
  readonly #report: (error: RealtimeError) => void;
  /** `null` before the first roster, and while the server only tells the count. */
  #members: Members | null = null;
  /** Of the last frame or roster; `NaN` while a roster is asked for: no version is above or next to that. */
  #version = NaN;
  /** What the server last accepted of this client. */
  #info: MemberInfo | undefined;

  constructor(owner: PresenceOwner, report: (error: RealtimeError) => void) {
    super(report);
    this.#owner = owner;
    this.#report = report;
  }

  get members(): readonly Member[] {
    return [...(this.#members?.values() ?? [])];
  }

  async update(info: MemberInfo): Promise<void> {
    await this.#owner.subscribed;
    await this.#ask(info);
  }

  /** The subscription was confirmed. */
  confirmed(roster: PresenceRoster): void {
    this.#take(roster);
    // The server may have forgotten what this client was before it went away.
    if (this.#info) {
      // At once, so that an update that waits for the confirmation comes after it.
      this.#ask(this.#info).catch((error: RealtimeError) => {
        // Without its connection the next one asks again.
        if (error.code !== 'OUTCOME_UNKNOWN') this.#report(error);
      });
    }
  }

  /** Something changed since the version before. */
  changed([, , version, joined, left, updated, count]: ServerFrameOf<'pres'>): void {
    if (version === this.#version + 1) {
      const members = new Map([...(this.#members ?? []), ...joined.map(entryOf)]);
      for (const id of left) members.delete(id);
      for (const [id, info] of updated) members.set(id, { ...members.get(id)!, info });
      // A frame without anybody in it stands for more members than the server lists.
      this.#become(version, (joined[0] ?? left[0] ?? updated[0]) ? members : null, count);
    } else if (version > this.#version) {
      this.#version = NaN;
      this.#owner
        .ask((n) => ['members', n, this.#owner.channel])
        .then(
          (roster) => this.#take(roster as PresenceRoster),
          // The next frame asks again, or the next connection tells.
          () => (this.#version = -1),
        );
    }
  }

  async #ask(info: MemberInfo): Promise<void> {
    await this.#owner.ask((n) => ['pres', n, this.#owner.channel, info]);
    this.#info = info;
  }

  #take({ version, count, members }: PresenceRoster): void {
    this.#become(version, members && new Map(members.map(entryOf)), count, true);
  }

  /** Tells what is different now, where that can be known, and `sync` where it can't or `isAll` was told. */
  #become(version: number, members: Members | null, count: number, isAll?: boolean): void {
    const before = this.#members;
    this.#version = version;
    this.#members = members;
    this.count = count;
    if (before && members) {
      for (const [id, member] of before) if (!members.has(id)) this.emit('left', member);
      for (const [id, member] of members) {
        const was = before.get(id);
        if (!was) this.emit('joined', member);
        else if (JSON.stringify(was.info) !== JSON.stringify(member.info)) this.emit('updated', member);
      }
      if (!isAll) return;
    }
    this.emit('sync');
  }
}

/** A member, by id. */
function entryOf([id, info, connectedAt]: MemberRow): [string, Member] {
  return [id, { id, info, connectedAt }];
}

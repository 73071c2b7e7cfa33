import type { MemberRow, PresenceRoster, RealtimeError, ServerFrameOf } from '@rt/protocol';
import type { ChannelPresence, PresenceOwner } from '../channel-presence.ts';
import type { Member, MemberInfo } from '../presence.ts';

type Members = ReadonlyMap<string, Member>;

/** Keeps a `ChannelPresence` as the server's frames say. */
export class Roster {
  readonly #presence: ChannelPresence;
  readonly #owner: PresenceOwner;
  /** `null` before the first roster, and while the server only tells the count. */
  #members: Members | null = null;
  /** Of the last frame or roster; `NaN` while a roster is asked for: no version is above or next to that. */
  #version = -1;
  /** What the server last accepted of this client. */
  #info: MemberInfo | undefined;

  constructor(presence: ChannelPresence, owner: PresenceOwner) {
    this.#presence = presence;
    this.#owner = owner;
  }

  async update(info: MemberInfo): Promise<void> {
    await this.#owner.ask((n) => ['pres', n, this.#owner.channel, info]);
    this.#info = info;
  }

  /** The roster of a confirmation, or what changed since the version before. */
  received(news: PresenceRoster | ServerFrameOf<'pres'>): void {
    if ('members' in news) this.#confirmed(news);
    else this.#changed(news);
  }

  #confirmed(roster: PresenceRoster): void {
    this.#take(roster);
    // The server may have forgotten what this client was before it went away.
    if (this.#info) {
      // At once, so that an update that waits for the confirmation comes after it.
      this.update(this.#info).catch((error: RealtimeError) => {
        // Without its connection the next one asks again.
        if (error.code !== 'OUTCOME_UNKNOWN') this.#owner.report(error);
      });
    }
  }

  #changed([, , version, joined, left, updated, count]: ServerFrameOf<'pres'>): void {
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

  #take({ version, count, members }: PresenceRoster): void {
    this.#become(version, members && new Map(members.map(entryOf)), count, true);
  }

  /** Tells what is different now, where that can be known, and `sync` where it can't or `isAll` was told. */
  #become(version: number, members: Members | null, count: number, isAll?: boolean): void {
    const before = this.#members;
    const presence = this.#presence;
    this.#version = version;
    this.#members = members;
    presence.members = [...(members?.values() ?? [])];
    presence.count = count;
    if (before && members) {
      for (const [id, member] of before) if (!members.has(id)) presence.emit('left', member);
      for (const [id, member] of members) {
        const was = before.get(id);
        if (!was) presence.emit('joined', member);
        else if (JSON.stringify(was.info) !== JSON.stringify(member.info)) presence.emit('updated', member);
      }
      if (!isAll) return;
    }
    presence.emit('sync');
  }
}

/** A member, by id. */
function entryOf([id, info, connectedAt]: MemberRow): [string, Member] {
  return [id, { id, info, connectedAt }];
}

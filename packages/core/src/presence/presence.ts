import type { Connection } from '../connection/connection.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import type { Tick } from '../delivery/tick.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import type { Info } from './info.ts';
import type { Member, MemberChange } from './member.ts';
import { PresenceChannel } from './presence-channel.ts';
import { EMPTY_ROSTER, Roster } from './roster.ts';

/** What presence needs of its node. */
export interface PresenceServices {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly lifecycle: Lifecycle;
  readonly tick: Tick;
}

/** The members of every presence channel of this node: users who come, change, and go or are waited for. */
export class Presence {
  readonly #services: PresenceServices;
  readonly #channels = new Map<string, PresenceChannel>();
  #due: PresenceChannel[] = [];
  #updates = 0;

  constructor(services: PresenceServices) {
    this.#services = services;
    services.tick.addStage(() => this.#flush());
  }

  /**
   * `connection`, whose user is known, takes part in `channel`. Answers what tells the application of it: to be called
   * when the client has its reply, because a listener may end the subscription.
   */
  enter(connection: Connection, channel: string, info: Info): () => void {
    const { clock } = this.#services;
    const present = this.#channels.get(channel) ?? this.#open(channel);
    present.add(connection);
    const change = present.roster.enter(connection.user!.id, connection, info, clock.wallNow());
    if (change !== undefined) present.changed();
    return () => this.#tell(channel, change);
  }

  /** `connection` no longer has `channel`. After an abrupt end its user stays a member for the grace time. */
  leave(connection: Connection, channel: string, isAbrupt: boolean): void {
    const present = this.#channels.get(channel);
    if (present?.remove(connection) !== true) return;
    const { clock, limits } = this.#services;
    const startGrace = (isOver: () => MemberChange | undefined): Cancel =>
      clock.after(limits.presenceGraceMs, () => this.#changed(channel, present, isOver()));
    const isWaitedFor = isAbrupt && limits.presenceGraceMs > 0;
    const change = present.roster.leave(connection.user!.id, connection, isWaitedFor ? startGrace : undefined);
    this.#changed(channel, present, change);
  }

  /** The number of an update that came in just now. */
  nextUpdate(): number {
    return ++this.#updates;
  }

  /** `connection` has new info in `channel`, by update `updateNumber`. A later update that was decided earlier stands. */
  update(
    connection: Connection,
    channel: string,
    change: { readonly info: Info; readonly updateNumber: number },
  ): void {
    const present = this.#channels.get(channel);
    if (present?.has(connection) !== true) return;
    this.#changed(
      channel,
      present,
      present.roster.update(connection.user!.id, connection, change.info, change.updateNumber),
    );
  }

  /** The roster of `channel` as JSON, for `connection`; `undefined` where it does not take part. */
  rosterFor(connection: Connection, channel: string): string | undefined {
    const present = this.#channels.get(channel);
    return present?.has(connection) === true ? present.roster.text(connection.user!.id) : undefined;
  }

  /** The roster of `channel` as JSON, for user `viewer`. */
  roster(channel: string, viewer: string): string {
    return this.#channels.get(channel)?.roster.text(viewer) ?? EMPTY_ROSTER;
  }

  members(channel: string): readonly Member[] {
    return this.#channels.get(channel)?.roster.members() ?? [];
  }

  /** `connection`, which had fallen behind, reads again. */
  caughtUp(connection: Connection): void {
    for (const channel of connection.subscriptions.keys()) {
      const present = this.#channels.get(channel);
      if (present?.has(connection) === true) present.repeat(connection);
    }
  }

  /** Nothing fires after this. */
  close(): void {
    for (const present of this.#channels.values()) present.close();
    this.#channels.clear();
  }

  #open(channel: string): PresenceChannel {
    const { clock, limits, tick } = this.#services;
    const roster = new Roster(channel, { members: limits.presenceRosterLimit, characters: limits.maxMessageBytes });
    const present = new PresenceChannel(roster, clock, (due) => {
      this.#due.push(due);
      tick.schedule();
    });
    this.#channels.set(channel, present);
    return present;
  }

  #changed(channel: string, present: PresenceChannel, change: MemberChange | undefined): void {
    if (change === undefined) return;
    present.changed();
    if (present.roster.isEmpty) {
      present.close();
      this.#channels.delete(channel);
    }
    this.#tell(channel, change);
  }

  #tell(channel: string, change: MemberChange | undefined): void {
    if (change !== undefined) this.#services.lifecycle.emit(change.event, { channel, member: change.member });
  }

  #flush(): void {
    const due = this.#due;
    if (due.length === 0) return;
    this.#due = [];
    for (const present of due) present.flush();
  }
}

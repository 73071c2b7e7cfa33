import type { Members } from '../cluster/presence-gossip.ts';
import type { PresenceEntry } from '../cluster/presence-wire.ts';
import type { Connection } from '../connection/connection.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import type { Tick } from '../delivery/tick.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import type { Info } from './info.ts';
import type { Member, MemberChange } from './member.ts';
import { PresenceChannel } from './presence-channel.ts';
import { EMPTY_ROSTER, Roster } from './roster.ts';
import { RosterTurns } from './turns.ts';

/** What presence needs of its node. */
export interface PresenceServices {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly lifecycle: Lifecycle;
  readonly tick: Tick;
}

/** Hears that what this node has of a user in a channel may be another now: the other nodes are told. */
export type OwnChange = (channel: string, user: string) => void;

/** The members of every presence channel: users who come, change, and go or are waited for, here and on other nodes. */
export class Presence implements Members {
  /** Absent where there are no other nodes. */
  onOwnChange: OwnChange | undefined;
  /** Who sends a roster asks for a turn first. */
  readonly turns = new RosterTurns();
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
    this.onOwnChange?.(channel, connection.user!.id);
    return () => this.#tell(channel, change, true);
  }

  /** `connection` no longer has `channel`. After an abrupt end its user stays a member for the grace time. */
  leave(connection: Connection, channel: string, isAbrupt: boolean): void {
    const present = this.#channels.get(channel);
    if (present?.remove(connection) !== true) return;
    const { id } = connection.user!;
    const { clock, limits } = this.#services;
    const startGrace = (isOver: () => MemberChange | undefined): Cancel =>
      clock.after(limits.presenceGraceMs, () => this.#ownChanged(channel, present, id, isOver()));
    const isWaitedFor = isAbrupt && limits.presenceGraceMs > 0;
    const change = present.roster.leave(id, connection, isWaitedFor ? startGrace : undefined);
    this.#ownChanged(channel, present, id, change);
  }

  /** Somebody decided that user `id` has to go: what of it is only waited for leaves now, in every channel. */
  forgetWaiting(id: string): void {
    for (const [channel, present] of this.#channels) {
      if (present.roster.own(id) === undefined) continue;
      this.#ownChanged(channel, present, id, present.roster.forgetWaiting(id));
    }
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
    const { id } = connection.user!;
    this.#ownChanged(channel, present, id, present.roster.update(id, connection, change.info, change.updateNumber));
  }

  ownEntry(channel: string, user: string): PresenceEntry {
    const own = this.#channels.get(channel)?.roster.own(user);
    if (own === undefined) return [channel, user, null, 0, false, 0];
    return [channel, user, own.info.value, own.connectedAt, own.isWaiting, own.enteredAt];
  }

  *ownEntries(): Iterable<PresenceEntry> {
    for (const [channel, { roster }] of this.#channels) {
      for (const user of roster.ids()) if (roster.own(user) !== undefined) yield this.ownEntry(channel, user);
    }
  }

  apply(node: string, [channel, user, value, connectedAt, isWaiting, enteredAt]: PresenceEntry): void {
    const known = this.#channels.get(channel);
    if (known === undefined && value === null) return;
    const present = known ?? this.#open(channel);
    const before = present.roster.own(user)?.connectedAt;
    const info = value && { value, text: JSON.stringify(value) };
    const entry = info === null ? undefined : { info, connectedAt, isWaiting, enteredAt };
    this.#changed(channel, present, present.roster.setElsewhere(user, node, entry), false);
    // They have been a member for longer than this node had thought and told.
    if (present.roster.own(user)?.connectedAt !== before) this.onOwnChange?.(channel, user);
  }

  /** The roster of `channel` as JSON, for `connection`; `undefined` where it does not take part. */
  rosterFor(connection: Connection, channel: string): string | undefined {
    const present = this.#channels.get(channel);
    return present?.has(connection) === true ? present.text(connection.user!.id) : undefined;
  }

  /** The roster of `channel` as JSON, for user `viewer`. */
  roster(channel: string, viewer: string): string {
    return this.#channels.get(channel)?.text(viewer) ?? EMPTY_ROSTER;
  }

  members(channel: string): readonly Member[] {
    return this.#channels.get(channel)?.roster.members() ?? [];
  }

  /** `connection`, which had fallen behind, reads again: it hears what it missed, as far as its socket has room. */
  caughtUp(connection: Connection): void {
    for (const channel of connection.subscriptions.keys()) {
      if (connection.outbox.isBehind) return;
      this.#channels.get(channel)?.repeat(connection);
    }
    this.turns.caughtUp(connection);
  }

  /** Nothing fires after this. */
  close(): void {
    for (const present of this.#channels.values()) present.close();
    this.#channels.clear();
  }

  #open(channel: string): PresenceChannel {
    const { clock, limits, tick } = this.#services;
    // What may be pushed to a connection at once: whoever has room for a roster has room for all of it.
    const bytes = Math.min(limits.maxMessageBytes, limits.maxQueuedBytes / 4);
    const roster = new Roster(channel, { members: limits.presenceRosterLimit, bytes });
    const present = new PresenceChannel(roster, clock, (due) => {
      this.#due.push(due);
      tick.schedule();
    });
    this.#channels.set(channel, present);
    return present;
  }

  #ownChanged(channel: string, present: PresenceChannel, user: string, change: MemberChange | undefined): void {
    this.onOwnChange?.(channel, user);
    this.#changed(channel, present, change, true);
  }

  #changed(channel: string, present: PresenceChannel, change: MemberChange | undefined, isLocal: boolean): void {
    if (change === undefined) return;
    present.changed();
    if (present.roster.isEmpty) {
      present.close();
      this.#channels.delete(channel);
    }
    this.#tell(channel, change, isLocal);
  }

  #tell(channel: string, change: MemberChange | undefined, isLocal: boolean): void {
    if (change !== undefined) this.#services.lifecycle.emit(change.event, { channel, member: change.member, isLocal });
  }

  #flush(): void {
    const due = this.#due;
    if (due.length === 0) return;
    this.#due = [];
    for (const present of due) present.flush();
  }
}

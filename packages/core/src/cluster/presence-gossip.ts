import type { Cancel, Clock } from '../contracts/clock.ts';
import { PeerMembers } from './peer-members.ts';
import { PRESENCE_CHANNEL, presenceChannelOf, readPresenceMessage } from './presence-wire.ts';
import type { PresenceEntry, PresenceMessage } from './presence-wire.ts';
import { BEAT_MS } from './node-directory.ts';

/** Changes of this time go out together. */
const BATCH_MS = 200;
/** A copy that was asked for and did not come is asked for again after this. */
const COPY_RETRY_MS = 2_000;
/** Characters of one message: at most two bytes each in most texts, and brokers carry 256 KiB. */
const MAX_LENGTH = 128 * 1024;

/** What the members of this node are asked, and told of those of other nodes. */
export interface Members {
  /** This node's entry of a user in a channel, as it is now. */
  ownEntry(channel: string, user: string): PresenceEntry;
  ownEntries(): Iterable<PresenceEntry>;
  /** Node `node` has this entry now. */
  apply(node: string, entry: PresenceEntry): void;
}

/** What the gossip needs of its node. */
export interface GossipServices {
  readonly nodeId: string;
  readonly clock: Clock;
  readonly members: Members;
  /** How long the members of a node that ended in order are waited for: its clients are on their way to others. */
  readonly graceMs: number;
  /** Whether a node is there: only then there will be word of its end. */
  readonly isThere: (node: string) => boolean;
  readonly say: (channel: string, message: PresenceMessage) => void;
  /** A text could not be read. */
  readonly dropped: () => void;
}

interface Peer {
  readonly members: PeerMembers;
  askedAt: number;
}

/**
 * Keeps every node's view of all members the same. Each node is the only writer of its own: it numbers its changes, so that
 * who misses one notices with the next, or with the digest of the same second, and asks for a copy.
 */
export class PresenceGossip {
  readonly #services: GossipServices;
  readonly #peers = new Map<string, Peer>();
  /** What changed since the last message, by channel. */
  readonly #changed = new Map<string, Set<string>>();
  readonly #leaving = new Set<Cancel>();
  #version = 0;
  #sentAt = -Infinity;
  #cancelFlush: Cancel | undefined;
  #stopDigests: Cancel | undefined;

  constructor(services: GossipServices) {
    this.#services = services;
  }

  /** The channels on which this node has to hear. */
  get channels(): readonly string[] {
    return [PRESENCE_CHANNEL, presenceChannelOf(this.#services.nodeId)];
  }

  start(): void {
    this.#stopDigests = this.#services.clock.every(BEAT_MS, () => this.#sayDigest());
  }

  close(): void {
    this.#stopDigests?.();
    this.#cancelFlush?.();
    for (const cancel of this.#leaving) cancel();
  }

  /** This node's entry of `user` is another one now. */
  changed(channel: string, user: string): void {
    const users = this.#changed.get(channel);
    if (users === undefined) this.#changed.set(channel, new Set([user]));
    else users.add(user);
    if (this.#cancelFlush !== undefined) return;
    const { clock } = this.#services;
    const waitMs = Math.max(0, this.#sentAt + BATCH_MS - clock.now());
    this.#cancelFlush = clock.after(waitMs, () => this.#flush());
  }

  /** A node was heard for the first time: it has to know where this one is. */
  came(): void {
    this.#sayDigest();
  }

  went(node: string, isOrderly: boolean): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#peers.delete(node);
    const { clock, graceMs } = this.#services;
    if (!isOrderly || graceMs === 0) return peer.members.drop();
    peer.members.wait();
    const cancel = clock.after(graceMs, () => {
      this.#leaving.delete(cancel);
      peer.members.drop();
    });
    this.#leaving.add(cancel);
  }

  receive(text: string): void {
    const message = readPresenceMessage(text);
    if (message === undefined) return this.#services.dropped();
    const node = message[1];
    // Of a node that is not known, nobody would say that it has gone. When it is heard, its next digest tells what is missing.
    if (node === this.#services.nodeId || !this.#services.isThere(node)) return;
    switch (message[0]) {
      case 'delta':
        if (!this.#peer(node).members.delta(message[2], message[3])) this.#askForCopy(node);
        return;
      case 'digest':
        if (!this.#peer(node).members.isAt(message[2])) this.#askForCopy(node);
        return;
      case 'copy':
        return this.#sayCopy(node);
      case 'part':
        return this.#peer(node).members.part(message[2], message[3], message[4], message[5]);
    }
  }

  #peer(node: string): Peer {
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      const { members } = this.#services;
      peer = { members: new PeerMembers((entry) => members.apply(node, entry)), askedAt: -Infinity };
      this.#peers.set(node, peer);
    }
    return peer;
  }

  #askForCopy(node: string): void {
    const { clock, say, nodeId } = this.#services;
    const peer = this.#peer(node);
    if (clock.now() - peer.askedAt < COPY_RETRY_MS) return;
    peer.askedAt = clock.now();
    say(presenceChannelOf(node), ['copy', nodeId]);
  }

  #flush(): void {
    this.#cancelFlush = undefined;
    const { clock, members, nodeId, say } = this.#services;
    this.#sentAt = clock.now();
    const entries: PresenceEntry[] = [];
    for (const [channel, users] of this.#changed) {
      for (const user of users) entries.push(members.ownEntry(channel, user));
    }
    this.#changed.clear();
    for (const part of cut(entries)) say(PRESENCE_CHANNEL, ['delta', nodeId, ++this.#version, part]);
  }

  #sayDigest(): void {
    const { nodeId, say } = this.#services;
    say(PRESENCE_CHANNEL, ['digest', nodeId, this.#version]);
  }

  #sayCopy(node: string): void {
    const { members, nodeId, say } = this.#services;
    // What changed and was not told yet is in the copy already; telling it again then changes nothing.
    const parts = cut([...members.ownEntries()]);
    parts.forEach((part, index) =>
      say(presenceChannelOf(node), ['part', nodeId, this.#version, index, parts.length, part]),
    );
  }
}

/** Entries in parts that a broker carries in one piece; one empty part where there are none. */
function cut(entries: readonly PresenceEntry[]): PresenceEntry[][] {
  let part: PresenceEntry[] = [];
  const parts = [part];
  let length = 0;
  for (const entry of entries) {
    const entryLength = JSON.stringify(entry).length;
    if (length + entryLength > MAX_LENGTH && part.length > 0) {
      part = [];
      parts.push(part);
      length = 0;
    }
    part.push(entry);
    length += entryLength;
  }
  return parts;
}

import type { JsonValue } from '@rt/protocol';
import { userChannel } from '../authorization/user-channel.ts';
import type { OutgoingMessage } from '../delivery/messages.ts';
import type { Member } from '../presence/member.ts';
import type { RealtimeNode } from '../node.ts';
import { nodeOf } from '../realtime.ts';
import type { Realtime } from '../realtime.ts';

/** A `Realtime` of whatever contract. */
export type AnyRealtime = Pick<Realtime, 'start' | 'close' | 'stats'>;

/** One message that was published, by the server or by a client that may. */
export interface RecordedMessage {
  readonly channel: string;
  readonly event: string;
  /** As its receivers get it. */
  readonly data: JsonValue;
  /** Id of the client's user that sent it; absent where the server did, or somebody anonymous. */
  readonly user?: string;
  /** It is not kept. */
  readonly isVolatile: boolean;
}

/** What a `Realtime` of this process has published since it is recorded. */
export interface Recording {
  /** All messages in order, those to users included; or only those to one channel. */
  messages(channel?: string): readonly RecordedMessage[];
  /** The messages to one user, on whichever device. */
  toUser(userId: string): readonly RecordedMessage[];
  /** Who is in a presence channel at the moment. */
  members(channel: string): readonly Member[];
  /** Forgets the messages so far. */
  clear(): void;
}

class NodeRecording implements Recording {
  readonly #node: RealtimeNode;
  readonly #messages: RecordedMessage[] = [];

  constructor(node: RealtimeNode) {
    this.#node = node;
    const seen = new WeakSet<OutgoingMessage>();
    node.parts.messages.onPublish = (message) => {
      if (!seen.has(message)) this.#messages.push(recorded(message));
      seen.add(message);
    };
  }

  messages(channel?: string): readonly RecordedMessage[] {
    return this.#messages.filter((message) => channel === undefined || message.channel === channel);
  }

  toUser(userId: string): readonly RecordedMessage[] {
    return this.messages(userChannel(userId));
  }

  members(channel: string): readonly Member[] {
    return this.#node.parts.presence.members(channel);
  }

  clear(): void {
    this.#messages.length = 0;
  }
}

const recordings = new WeakMap<RealtimeNode, Recording>();

/** Records what `realtime` publishes from now on; a second call gives the same recording. A `fakeRealtime()` is recorded from its start. */
export function record(realtime: AnyRealtime): Recording {
  const node = nodeOf(realtime);
  if (node === undefined) throw new TypeError('record() takes a Realtime');
  const recording = recordings.get(node) ?? new NodeRecording(node);
  recordings.set(node, recording);
  return recording;
}

/** The recording of `realtime`. Throws where there is none. */
export function recordingOf(realtime: unknown): Recording {
  const node = typeof realtime === 'object' && realtime !== null ? nodeOf(realtime) : undefined;
  const recording = node && recordings.get(node);
  if (recording !== undefined) return recording;
  throw new TypeError('nothing was recorded: give a fakeRealtime(), or call record(realtime) first');
}

function recorded({ channel, event, dataText, userId, isVolatile = false }: OutgoingMessage): RecordedMessage {
  // Written by core a moment ago.
  const data = JSON.parse(dataText) as JsonValue;
  return { channel, event, data, ...(userId !== undefined && { user: userId }), isVolatile };
}

import {
  channelNameProblem,
  eventNameProblem,
  messageFrame,
  MessageNames,
  messageTail,
  RealtimeError,
} from '@rt/protocol';
import type { Retention } from '../contracts/log.ts';
import type { Limits } from '../limits.ts';
import type { LogPublisher } from './log-publisher.ts';
import type { MessageIds } from './message-ids.ts';
import type { Published } from './published.ts';
import type { Publisher } from './publisher.ts';
import type { Tick } from './tick.ts';

/** A message whose names are valid and whose data is JSON text. */
export interface OutgoingMessage {
  readonly channel: string;
  readonly event: string;
  readonly dataText: string;
  /** The verified sender, where a client sent it. */
  readonly userId?: string | undefined;
  /** Hash of the instance that must not get it. */
  readonly except?: string | undefined;
  /** Not kept, also in a channel with history. */
  readonly isVolatile?: boolean | undefined;
  /** A second message of the channel with this key is not published, and gets the first one's place. */
  readonly publishKey?: string | undefined;
}

/** Where messages go. */
export interface MessageRoutes {
  readonly bus: Publisher;
  /** Absent where the broker has no log. */
  readonly log: LogPublisher | undefined;
  readonly retentionOf: (channel: string) => Retention | undefined;
}

/** What the last message's channel and event bring with them: most often those of the next as well. */
interface AboutMessage {
  readonly channel: string;
  readonly event: string;
  readonly names: MessageNames;
  readonly retention: Retention | undefined;
}

/** Writes each message once, as the text that every client of every transport gets, and publishes it. */
export class Messages {
  readonly #routes: MessageRoutes;
  readonly #tick: Tick;
  readonly #limits: Limits;
  readonly #ids: MessageIds;
  /** Told of each message that is published, also before the node has started and once more then; for tests. */
  onPublish: ((message: OutgoingMessage) => void) | undefined;
  #count = 0;
  #last: AboutMessage | undefined;
  /** How the last message that the application itself sent ends. */
  #tail = { at: 0, text: '' };

  constructor(routes: MessageRoutes, tick: Tick, limits: Limits, ids: MessageIds) {
    this.#routes = routes;
    this.#tick = tick;
    this.#limits = limits;
    this.#ids = ids;
  }

  /** How many were published since the start. */
  get published(): number {
    return this.#count;
  }

  /** Checks what the application gives, and writes `data` as JSON: `BAD_NAME`, `INVALID_DATA`, `TOO_LARGE`. */
  checked(channel: string, event: string, data: unknown): string {
    // Names are most often those of the message before, and were found good then.
    if (channel !== this.#last?.channel || event !== this.#last.event) {
      const problem = channelNameProblem(channel) ?? eventNameProblem(event);
      if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    }
    return this.dataText(data);
  }

  /** `data` as JSON text; `undefined` becomes `null`. Throws `INVALID_DATA` or `TOO_LARGE`. */
  dataText(data: unknown): string {
    let text: string | undefined;
    try {
      text = JSON.stringify(data ?? null);
    } catch (error) {
      throw new RealtimeError('INVALID_DATA', 'data must be JSON: no cycles and no BigInt', { cause: error });
    }
    if (text === undefined) throw new RealtimeError('INVALID_DATA', 'data must be JSON: not a function or a symbol');
    const { maxMessageBytes } = this.#limits;
    // A character is three bytes of UTF-8 at most: most texts need no counting.
    if (text.length * 3 > maxMessageBytes && Buffer.byteLength(text) > maxMessageBytes) {
      throw new RealtimeError(
        'TOO_LARGE',
        `data has more than ${maxMessageBytes} bytes as JSON; send a reference to it instead`,
      );
    }
    return text;
  }

  /** Whether messages to `channel` get a place in a log. */
  hasLog(channel: string): boolean {
    return this.#routes.log !== undefined && this.#routes.retentionOf(channel) !== undefined;
  }

  /** Resolves when the broker accepted the message. Rejects with `DEADLINE` or `BROKER_DOWN`. Every step of it is one of each message. */
  publish(message: OutgoingMessage): Promise<Published> {
    this.#count++;
    this.onPublish?.(message);
    const { channel, event, dataText, except } = message;
    const { names, retention } = this.#about(channel, event);
    const tail = this.#tailOf(message.userId);
    const { bus, log } = this.#routes;
    if (log !== undefined && retention !== undefined && message.isVolatile !== true) {
      return log.append(message, retention, names, tail);
    }
    const id = this.#ids.next();
    const frame = messageFrame({ names, dataText, id, tail });
    return bus.publishFrame(channel, frame, except).then(() => ({ id }));
  }

  #about(channel: string, event: string): AboutMessage {
    if (channel !== this.#last?.channel || event !== this.#last.event) {
      const retention = this.#routes.retentionOf(channel);
      this.#last = { channel, event, names: new MessageNames(channel, event), retention };
    }
    return this.#last;
  }

  #tailOf(user: string | undefined): string {
    const at = this.#tick.wallNow;
    if (user !== undefined) return messageTail(at, user);
    if (at !== this.#tail.at) this.#tail = { at, text: messageTail(at, undefined) };
    return this.#tail.text;
  }
}

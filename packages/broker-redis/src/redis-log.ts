import type { Appended, Log, LogPage, LogRead, LogSink, LogWork } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { planAppend } from './append-plan.ts';
import type { AppendCall, AppendPart } from './append-plan.ts';
import { APPEND } from './append-script.ts';
import { brokerDown, isRefusal, outcomeUnknown, reasonOf } from './failure.ts';
import { Follower } from './follower.ts';
import type { Link } from './link.ts';
import { pageOf, parseAnswer, placeOf } from './read-answer.ts';
import type { ReadAnswer } from './read-answer.ts';
import type { ReadMode } from './read-script.ts';
import { READ } from './read-script.ts';
import { Script } from './script.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The log of channels in Redis: one stream each, written and read by scripts. */
export class RedisLog implements Log {
  /** A read is dear, and a reload of the page should not be one. */
  readonly lingerMs = 30_000;
  readonly #link: Link;
  readonly #subscriptions: Subscriptions;
  readonly #append: Script;
  readonly #read: Script;
  readonly #process = randomBytes(6).toString('base64url');
  #epochs = 0;

  constructor(link: Link, subscriptions: Subscriptions) {
    this.#link = link;
    this.#subscriptions = subscriptions;
    this.#append = new Script(link.connections, APPEND);
    this.#read = new Script(link.connections, READ);
  }

  async append(work: readonly LogWork[]): Promise<readonly Appended[]> {
    const { connections, names } = this.#link;
    this.#link.checkReady();
    const calls = planAppend(work, names, connections.isCluster, this.#newEpoch());
    // From here on nothing holds the texts but what is on its way: much may wait for Redis.
    return this.#appendAll(
      calls,
      work.map(({ entries }) => Array<Position>(entries.length)),
    );
  }

  async #appendAll(
    calls: readonly AppendCall[],
    appended: (Position[] | RealtimeError)[],
  ): Promise<readonly Appended[]> {
    // What a channel has stored of its work, where that was cut into several calls.
    const stored = new Set<number>();
    const failed = (part: AppendPart, error: RealtimeError): void => {
      appended[part.index] = stored.has(part.index)
        ? outcomeUnknown('only some of the messages were stored', error)
        : error;
    };
    await Promise.all(
      calls.map(async (call) => {
        const answers = await this.#do(call);
        call.parts.forEach((part, index) => {
          const answer = answers instanceof RealtimeError ? answers : answers[index]!;
          const places = appended[part.index]!;
          if (answer instanceof RealtimeError) failed(part, answer);
          else if (answer.startsWith('!')) failed(part, refused(part, answer.slice(1)));
          else if (places instanceof RealtimeError) appended[part.index] = outcomeUnknown(places.message, places);
          else {
            stored.add(part.index);
            part.read(answer, places);
          }
        });
      }),
    );
    return appended;
  }

  async follow(channel: string, sink: LogSink): Promise<Position> {
    const link = this.#link;
    await this.unfollow(channel);
    const follower = new Follower({
      channel,
      sink,
      read: (page) => this.read(channel, page),
      failed: (error) =>
        link.warn('a channel could not be brought up to the log', { channel, reason: reasonOf(error) }),
      now: link.clock.now(),
    });
    try {
      await this.#subscriptions.follow(follower);
      const { head } = await this.#readRaw(channel, 'head');
      follower.begin(placeOf(head));
      return placeOf(head);
    } catch (error) {
      await this.#subscriptions.unfollow(channel, follower);
      throw brokerDown(`the channel ${channel} can not be followed`, error);
    }
  }

  async unfollow(channel: string): Promise<void> {
    await this.#subscriptions.unfollow(channel);
  }

  async read(channel: string, page: LogPage): Promise<LogRead> {
    const mode = page.after !== undefined ? 'after' : page.before !== undefined ? 'before' : 'newest';
    return pageOf(await this.#readRaw(channel, mode, page), page);
  }

  /** Lets a channel's head live on for a day, as long as somebody follows it. */
  async renew(channel: string): Promise<void> {
    await this.#readRaw(channel, 'head');
  }

  async #readRaw(channel: string, mode: ReadMode, page?: LogPage): Promise<ReadAnswer> {
    const { names } = this.#link;
    this.#link.checkReady();
    const place = page?.after ?? page?.before;
    const args = [this.#newEpoch(), mode, place?.epoch ?? '', String(place?.offset ?? 0), String(page?.limit ?? 0)];
    try {
      return parseAnswer(await this.#read.run([names.head(channel), names.stream(channel)], args));
    } catch (error) {
      throw brokerDown(`the log of ${channel} can not be read`, error);
    }
  }

  /** The answer for each part, or what became of all of them. */
  async #do({ keys, args }: AppendCall): Promise<readonly string[] | RealtimeError> {
    try {
      return (await this.#append.run(keys, args)) as readonly string[];
    } catch (error) {
      return isRefusal(error)
        ? brokerDown('Redis refused the messages', error)
        : outcomeUnknown('Redis did not answer', error);
    }
  }

  /** Told apart from every other epoch by who made it and how many that one made. */
  #newEpoch(): string {
    return `${this.#process}${(this.#epochs++).toString(36)}`;
  }
}

function refused({ channel }: AppendPart, reason: string): RealtimeError {
  return brokerDown(`Redis refused the messages of ${channel}`, new Error(reason));
}

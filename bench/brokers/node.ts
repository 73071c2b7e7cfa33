import { answerCalls, tell } from '../fanout/remote.ts';
import { DATA_BYTES } from './contender.ts';
import type { Contender, ContenderName, Part, Sender, Service } from './contender.ts';
import { amqp } from './contenders/amqp.ts';
import { ioredis } from './contenders/ioredis.ts';
import { nats } from './contenders/nats.ts';
import { rt } from './contenders/rt.ts';
import { socketIo } from './contenders/socket-io.ts';

const BARE = { redis: ioredis, nats, rabbitmq: amqp };

const contenders: Readonly<Record<ContenderName, (service: Service) => Contender>> = {
  'rt log': ({ name }) => rt(name, true),
  'rt bus': ({ name }) => rt(name, false),
  'bare log': ({ name }) => BARE[name](true),
  'bare bus': ({ name }) => BARE[name](false),
  'socket-io': socketIo,
};

/** How far the sender may be ahead of what arrived, in messages: no queue may grow, at the service or in the receiver. */
const AHEAD = 40_000;
/** Ticks that were sent and not accepted yet: enough for the line never to be idle. */
const UNDER_WAY = 20;
/** How often the receiver says how much arrived. */
const TELL_MS = 10;
/** What has not arrived by then, once all was sent, is lost. */
const LATE_MS = 10_000;
/** Messages of one tick, and ticks under way, while the log is filled. */
const FILL_TICK = 10;
const FILL_UNDER_WAY = 100;
/** A text that is only there to be long. */
const FILLER = 'x'.repeat(DATA_BYTES);
const STAMP = /@(\d+)@/;

let sender: Sender | undefined;
let arrivedCount = 0;
/** While single messages are sent: hears of each. */
let onStamp: ((sentAt: bigint) => void) | undefined;
let latencies: number[] = [];
let told = 0;
let telling: NodeJS.Timeout | undefined;

/** Says how much arrived. */
function tellArrived(): void {
  telling = undefined;
  told = arrivedCount;
  tell(told);
}

/** Publishes one tick's work, message by message, nothing awaited in between; resolves when all of it was accepted. */
function tick(work: readonly Part[]): Promise<unknown> {
  const published: Promise<unknown>[] = [];
  for (const { channel, texts } of work) for (const text of texts) published.push(sender!.broadcast(channel, text));
  return Promise.all(published);
}

/** What the two nodes of a contender do, each in a process of its own. */
const commands = {
  async openSender({ contender, service }: { readonly contender: ContenderName; readonly service: Service }) {
    sender = await contenders[contender](service).sender(service.url);
  },

  async openReceiver(asked: {
    readonly contender: ContenderName;
    readonly service: Service;
    readonly channels: readonly string[];
  }) {
    await contenders[asked.contender](asked.service).receiver(asked.service.url, asked.channels, (texts) => {
      arrivedCount += texts.length;
      telling ??= setTimeout(tellArrived, TELL_MS);
      if (onStamp === undefined) return;
      for (const text of texts) {
        const stamp = STAMP.exec(text);
        if (stamp !== null) onStamp(BigInt(stamp[1]!));
      }
    });
  },

  /** The receiver's count, as the parent was told. */
  arrived({ count }: { readonly count: number }) {
    told = count;
  },

  /** Sends ticks as fast as they are taken; gives how many messages went. */
  async flood(asked: { readonly channels: readonly string[]; readonly perChannel: number; readonly ms: number }) {
    const texts = Array.from({ length: asked.perChannel }, () => FILLER);
    const work: Part[] = asked.channels.map((channel) => ({ channel, texts }));
    const size = asked.perChannel * asked.channels.length;
    const most = Math.max(AHEAD, 2 * size);
    const end = performance.now() + asked.ms;
    const before = told;
    let sent = 0;
    let underWay = 0;
    let failure: unknown;
    while (performance.now() < end) {
      if (underWay < UNDER_WAY && sent - (told - before) < most) {
        sent += size;
        underWay++;
        tick(work).then(
          () => underWay--,
          (error: unknown) => (failure ??= error),
        );
      }
      await new Promise(setImmediate);
      if (failure !== undefined) throw failure;
    }
    return sent;
  },

  /** Sends so many messages, a few a tick, each of them in another channel: what nodes store that have little to do at a time. */
  async fill(asked: { readonly channels: readonly string[]; readonly count: number; readonly last: string }) {
    const { channels, count, last } = asked;
    const underWay = new Set<Promise<unknown>>();
    for (let sent = 0; sent < count; sent += FILL_TICK) {
      const work = Array.from({ length: FILL_TICK }, (_, index) => ({
        channel: channels[(sent + index) % channels.length]!,
        texts: [FILLER],
      }));
      const sending = tick(work).finally(() => underWay.delete(sending));
      underWay.add(sending);
      await (underWay.size < FILL_UNDER_WAY ? new Promise(setImmediate) : Promise.race(underWay));
    }
    await Promise.all(underWay);
    await sender!.broadcast(channels[0]!, last);
  },

  /** Starts a node; gives how many milliseconds that took. It must know the `last` message of a channel then. */
  async startLate(asked: {
    readonly contender: ContenderName;
    readonly service: Service;
    readonly channel: string;
    readonly last: string;
  }) {
    const began = performance.now();
    const node = await contenders[asked.contender](asked.service).sender(asked.service.url);
    const ms = performance.now() - began;
    if ((await node.newest?.(asked.channel)) !== asked.last) throw new Error('the log was not read to its end');
    return ms;
  },

  /** Sends single messages, each `gapMs` after the one before. */
  async drip({ channel, count, gapMs }: { readonly channel: string; readonly count: number; readonly gapMs: number }) {
    for (let index = 0; index < count; index++) {
      const stamp = `@${process.hrtime.bigint()}@`;
      await sender!.broadcast(channel, stamp + FILLER.slice(stamp.length));
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
  },

  /** Begins to note how long single messages take. The clock is the system's, the same in both processes. */
  watchLatency() {
    latencies = [];
    onStamp = (sentAt) => latencies.push(Number(process.hrtime.bigint() - sentAt) / 1_000);
  },

  /** What was noted since, in microseconds, once that are `count`. */
  async latencies({ count }: { readonly count: number }) {
    const end = performance.now() + LATE_MS;
    while (latencies.length < count) {
      if (performance.now() > end) throw new Error(`${count} were sent, ${latencies.length} arrived`);
      await new Promise((resolve) => setTimeout(resolve, TELL_MS));
    }
    return latencies;
  },
};

export type NodeCommands = typeof commands;

answerCalls(commands);

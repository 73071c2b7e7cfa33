import { setTimeout as delay } from 'node:timers/promises';
import { answerCalls } from './remote.ts';

/** Who is measured. */
export const CONTENDERS = ['rt', 'ws', 'socket-io'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/** What each message carries, the same for all: with a contender's own envelope a frame has about 180 bytes. */
interface MessageData {
  /** `process.hrtime` in nanoseconds, which all processes of a machine share, as 20 digits. */
  readonly sentAt: string;
  readonly user: string;
  readonly text: string;
}

/** One server under test. */
interface Contender {
  /** Listens on 127.0.0.1 and gives the port. */
  listen(): Promise<number>;
  subscriberCount(): number | Promise<number>;
  /** Sends each message to every subscriber, as an application would that has them all at once. */
  broadcast(messages: readonly MessageData[]): void | Promise<void>;
}

/** A steady load: the next tick begins `intervalMs` after the last began, or when that is done, whichever is later. */
export interface Pace {
  readonly messages: number;
  readonly ticks: number;
  readonly intervalMs: number;
}

/** As fast as it goes, but never more than `window` ticks ahead of what was received. */
export interface Flood {
  readonly messages: number;
  readonly durationMs: number;
  readonly window: number;
}

/** The commands of a server process. */
export type ContenderCommands = {
  listen(input: null): Promise<number>;
  subscriberCount(input: null): number | Promise<number>;
  pace(input: Pace): Promise<{ readonly ticks: number }>;
  flood(input: Flood): Promise<{ readonly ticks: number }>;
  /** How many ticks of the flood were received. */
  acknowledge(ticks: number): void;
  /** User and system microseconds since the last `pace` or `flood` began. */
  cpu(input: null): number;
  /** Bytes after full collections. */
  memory(input: null): Promise<{ readonly heap: number; readonly rss: number }>;
};

const TEXT = 'Shall we meet at noon at the fountain? I will bring the maps and the tea.';

function tick(count: number): MessageData[] {
  const sentAt = process.hrtime.bigint().toString().padStart(20, '0');
  return Array.from({ length: count }, () => ({ sentAt, user: 'ada', text: TEXT }));
}

/** Runs a contender as this process, commanded by the parent. */
export function serveContender(contender: Contender): void {
  let cpuAtStart = process.cpuUsage();
  let acknowledged = 0;
  let acknowledgement = Promise.withResolvers<void>();
  const commands: ContenderCommands = {
    listen: () => contender.listen(),
    subscriberCount: () => contender.subscriberCount(),
    pace: async ({ messages, ticks, intervalMs }) => {
      cpuAtStart = process.cpuUsage();
      for (let done = 0; done < ticks; done++) {
        const next = performance.now() + intervalMs;
        await contender.broadcast(tick(messages));
        await delay(Math.max(0, next - performance.now()));
      }
      return { ticks };
    },
    flood: async ({ messages, durationMs, window }) => {
      cpuAtStart = process.cpuUsage();
      acknowledged = 0;
      const end = performance.now() + durationMs;
      let ticks = 0;
      while (performance.now() < end) {
        if (ticks - acknowledged >= window) await acknowledgement.promise;
        await contender.broadcast(tick(messages));
        ticks++;
        // A turn of the event loop, so that acknowledgements and writes are not starved.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return { ticks };
    },
    acknowledge: (ticks) => {
      acknowledged = ticks;
      acknowledgement.resolve();
      acknowledgement = Promise.withResolvers();
    },
    cpu: () => {
      const { user, system } = process.cpuUsage(cpuAtStart);
      return user + system;
    },
    memory: async () => {
      // Several, with turns in between: finalizers and weak references take more than one.
      for (let collections = 0; collections < 4; collections++) {
        globalThis.gc?.();
        await delay(20);
      }
      const { heapUsed, rss } = process.memoryUsage();
      return { heap: heapUsed, rss };
    },
  };
  answerCalls(commands);
}

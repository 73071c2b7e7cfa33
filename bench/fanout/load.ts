import { Audience } from './audience.ts';
import type { Counting } from './audience.ts';
import type { ContenderName } from './contender.ts';
import { DIALECTS } from './dialect.ts';
import type { Latency } from './latency-recorder.ts';
import { RawClient } from './raw-client.ts';
import type { Route } from './raw-client.ts';
import { answerCalls, tell, tellProblem } from './remote.ts';

/** The commands of a load process. */
export type LoadCommands = {
  /** Connects and subscribes `count` clients; gives the milliseconds until the last was. */
  open(input: { readonly contender: ContenderName; readonly count: number } & Route): Promise<number>;
  close(contender: ContenderName): void;
  reset(input: { readonly contender: ContenderName } & Counting): void;
  /** Resolves when everything is there; `verify` then counts exactly. */
  arrival(input: { readonly contender: ContenderName; readonly perClient: number }): Promise<void>;
  verify(input: { readonly contender: ContenderName; readonly perClient: number }): Promise<Latency | null>;
  /** The user and system microseconds that this process has used. */
  cpu(input: null): number;
};

/** What a load process says by itself, where `reset` asked for it. */
export interface Acknowledgement {
  readonly received: number;
}

const audiences = new Map<ContenderName, Audience>();

function audience(contender: ContenderName): Audience {
  const found = audiences.get(contender);
  if (found === undefined) throw new Error(`no client of ${contender} is open`);
  return found;
}

const commands: LoadCommands = {
  open: async ({ contender, count, ...route }) => {
    const opened = new Audience((events) => new RawClient(DIALECTS[contender], route, events), {
      failed: (reason) => tellProblem(`a client of ${contender} failed: ${reason}`),
      acknowledge: (received) => tell({ received } satisfies Acknowledgement),
    });
    audiences.set(contender, opened);
    const start = performance.now();
    await opened.open(count);
    return performance.now() - start;
  },
  close: (contender) => {
    audience(contender).close();
    audiences.delete(contender);
  },
  reset: ({ contender, ...counting }) => audience(contender).reset(counting),
  arrival: ({ contender, perClient }) => audience(contender).arrival(perClient),
  verify: async ({ contender, perClient }) => (await audience(contender).verify(perClient)) ?? null,
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

answerCalls(commands);

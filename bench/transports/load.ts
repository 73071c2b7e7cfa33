import { setTimeout as delay } from 'node:timers/promises';
import { Audience } from '../fanout/audience.ts';
import type { Counting } from '../fanout/audience.ts';
import { median } from '../fanout/median.ts';
import { answerCalls, tell, tellProblem } from '../fanout/remote.ts';
import { ECHOES, LISTENERS } from './clients/connect.ts';
import type { ContenderName } from './contender.ts';

/** `way`: as it is, or by a method of the application. */
export interface Echo {
  readonly contender: ContenderName;
  readonly way: 'echo' | 'call';
  readonly times: number;
}

/** The commands of the process that holds the clients. */
export type LoadCommands = {
  /** Connects and subscribes `count` clients. */
  open(input: { readonly contender: ContenderName; readonly port: number; readonly count: number }): Promise<void>;
  reset(input: { readonly contender: ContenderName } & Counting): void;
  /** Resolves when everything is there; rejects unless it is there exactly once. */
  arrival(input: { readonly contender: ContenderName; readonly perClient: number }): Promise<void>;
  /** One client that echoes so many times; gives the median in microseconds. */
  echo(input: Echo & { readonly port: number }): Promise<number>;
};

/** Between two echoes: the server has nothing else to do, and a poll is waiting there again. */
const IDLE_MS = 3;
/** One after the other, before it is idle: a server that has run for a while is measured, not its first second. */
const WARM_UP = 5_000;

const audiences = new Map<ContenderName, Audience>();

function failed(contender: ContenderName): (reason: string) => void {
  return (reason) => tellProblem(`a client of ${contender} failed: ${reason}`);
}

function audience(contender: ContenderName): Audience {
  const found = audiences.get(contender);
  if (found === undefined) throw new Error(`no client of ${contender} is open`);
  return found;
}

const commands: LoadCommands = {
  open: async ({ contender, port, count }) => {
    const opened = new Audience((events) => LISTENERS[contender](port, events), {
      failed: failed(contender),
      acknowledge: (received) => tell({ received }),
    });
    audiences.set(contender, opened);
    await opened.open(count);
  },
  reset: ({ contender, ...counting }) => audience(contender).reset(counting),
  arrival: async ({ contender, perClient }) => {
    await audience(contender).arrival(perClient);
    await audience(contender).verify(perClient);
  },
  echo: async ({ contender, port, way, times }) => {
    const client = ECHOES[contender](port, { delivered: () => undefined, failed: failed(contender) });
    await client.opening;
    const ask = async (): Promise<number> =>
      (await client[way]?.('Shall we meet at noon at the fountain?')) ?? Number.NaN;
    for (let n = 0; n < WARM_UP; n++) await ask();
    const took: number[] = [];
    for (let n = 0; n < times; n++) {
      await delay(IDLE_MS);
      took.push(await ask());
    }
    client.close();
    return median(took);
  },
};

answerCalls(commands);

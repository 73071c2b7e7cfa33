import type { Logger, Realtime, RealtimeOptions } from '@rt/core';
import { ManualClock } from '../manual-clock.ts';
import { settle } from '../presence/room.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient, TestWire } from '../test-wire.ts';

/** One line of the log. */
type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>> | undefined];

/** A server with a clock that stands still, where clients may send everywhere; a token is the user's id. */
export interface Stage {
  readonly realtime: Realtime;
  readonly wire: TestWire;
  readonly clock: ManualClock;
  /** What was logged, but for what is only of interest when debugging. */
  readonly lines: Line[];
  /** A client that is open. */
  readonly client: (user?: string) => Promise<TestClient & { readonly id: string }>;
  /** Moves on by `ms`, with all that is awaited then. */
  readonly wait: (ms: number) => Promise<void>;
}

export async function setStage(options: RealtimeOptions = {}): Promise<Stage> {
  const clock = new ManualClock();
  const lines: Line[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: (...line) => void lines.push(['info', ...line] as unknown as Line),
    warn: (...line) => void lines.push(['warn', ...line] as unknown as Line),
    error: (...line) => void lines.push(['error', ...line] as unknown as Line),
  };
  const { realtime, wire } = await startRealtime({
    clock,
    logger,
    channels: { '*': { send: true } },
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    ...options,
    limits: { beatMs: 1_000_000, messageBurst: 100_000, ...options.limits },
  });
  return {
    realtime,
    wire,
    clock,
    lines,
    client: async (user) => {
      const client = wire.connect();
      return Object.assign(client, { id: await client.open([], user ?? null) });
    },
    wait: async (ms) => {
      clock.advance(ms);
      await settle();
    },
  };
}

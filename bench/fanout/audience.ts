import { setTimeout as delay } from 'node:timers/promises';
import type { Latency } from './latency-recorder.ts';
import { LatencyRecorder } from './latency-recorder.ts';
import type { RawClientEvents } from './raw-client.ts';

/** How many handshakes are under way at once. */
const CONCURRENT_OPENINGS = 64;
/** Nothing at all arriving for so long means that something was lost. */
const PATIENCE_MS = 15_000;
/** Time for a message too many to arrive. */
const SETTLE_MS = 30;

/** How to count from here on. */
export interface Counting {
  /** Tells the parent at every multiple of so many deliveries. */
  readonly acknowledgeEvery?: number;
  /** Notes how long each delivery took. */
  readonly withLatency?: boolean;
}

/** One client that counts its messages. */
export interface CountingClient {
  count: number;
  /** Resolves when it is connected and subscribed. */
  readonly opening: Promise<void>;
  close(): void;
}

/** What an audience tells of its own accord. */
export interface AudienceEvents {
  readonly failed: (reason: string) => void;
  /** Called with the count of deliveries at every multiple of what `reset` asks for. */
  readonly acknowledge: (received: number) => void;
}

/** The clients of one contender, and what they have received. */
export class Audience {
  readonly #connect: (events: RawClientEvents) => CountingClient;
  readonly #events: RawClientEvents;
  readonly #acknowledge: (received: number) => void;
  #clients: CountingClient[] = [];
  #received = 0;
  #acknowledgeEvery = Number.POSITIVE_INFINITY;
  #recorder: LatencyRecorder | undefined;
  #awaited: { readonly total: number; resolve(): void } | undefined;

  constructor(connect: (events: RawClientEvents) => CountingClient, { failed, acknowledge }: AudienceEvents) {
    this.#connect = connect;
    this.#acknowledge = acknowledge;
    this.#events = { failed, delivered: (bytes, start, end) => this.#onDelivery(bytes, start, end) };
  }

  async open(count: number): Promise<void> {
    let left = count;
    const openSome = async (): Promise<void> => {
      while (left > 0) {
        left--;
        const client = this.#connect(this.#events);
        this.#clients.push(client);
        await client.opening;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_OPENINGS }, openSome));
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#clients = [];
  }

  /** Counts from 0. */
  reset({ acknowledgeEvery = Number.POSITIVE_INFINITY, withLatency = false }: Counting): void {
    this.#received = 0;
    for (const client of this.#clients) client.count = 0;
    this.#acknowledgeEvery = acknowledgeEvery;
    this.#recorder = withLatency ? new LatencyRecorder() : undefined;
  }

  /** Resolves as soon as every client can have `perClient` messages. Rejects when they stop arriving before. */
  async arrival(perClient: number): Promise<void> {
    const total = perClient * this.#clients.length;
    if (this.#received >= total) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#awaited = { total, resolve };
    let before = this.#received;
    const check = setInterval(() => {
      if (this.#received === before) reject(new Error(`deliveries were lost: ${this.#received} of ${total} arrived`));
      before = this.#received;
    }, PATIENCE_MS);
    try {
      await promise;
    } finally {
      clearInterval(check);
      this.#awaited = undefined;
    }
  }

  /** Rejects where any client has more or less than `perClient` messages. */
  async verify(perClient: number): Promise<Latency | undefined> {
    await delay(SETTLE_MS);
    const wrong = this.#clients.find((client) => client.count !== perClient);
    if (wrong !== undefined) throw new Error(`a client got ${wrong.count} messages and not ${perClient}`);
    return this.#recorder?.read();
  }

  #onDelivery(bytes: Buffer, start: number, end: number): void {
    this.#recorder?.note(bytes, start, end);
    this.#received++;
    if (this.#received === this.#awaited?.total) this.#awaited.resolve();
    if (this.#received % this.#acknowledgeEvery === 0) this.#acknowledge(this.#received);
  }
}

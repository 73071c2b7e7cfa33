import type { Appended, Broker, BrokerHealth, Entry, Log, Retention } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';

/** Far more than any test publishes. */
export const PLENTY: Retention = { size: 100_000, ttlMs: 600_000 };

/** What one follower saw: entries, and gaps as `gap <reason>`, in the order in which they came. */
export class Seen {
  readonly inbox = new Inbox<string>();
  readonly all: string[] = [];
  head: Position | undefined;

  entries(batch: readonly Entry[]): void {
    for (const { text } of batch) this.#add(text);
  }

  gap(reason: string): void {
    this.#add(`gap ${reason}`);
  }

  #add(item: string): void {
    this.all.push(item);
    this.inbox.push(item);
  }
}

/** A started broker, and what it reported. */
export class BrokerNode {
  readonly broker: Broker;
  readonly texts = new Inbox<string>();
  readonly health = new Inbox<BrokerHealth>();
  readonly gaps = new Inbox<readonly string[]>();
  readonly warnings: string[] = [];

  private constructor(broker: Broker) {
    this.broker = broker;
  }

  static async start(broker: Broker): Promise<BrokerNode> {
    const node = new BrokerNode(broker);
    await node.broker.start({
      message: (_channel, texts) => texts.forEach((text) => node.texts.push(text)),
      health: (health) => node.health.push(health),
      gap: (channels) => node.gaps.push(channels),
      warn: (message, details) => node.warnings.push(`${message} ${JSON.stringify(details)}`),
    });
    return node;
  }

  get log(): Log {
    return this.broker.log!;
  }

  /** Appends one entry for each text, in one step. */
  async append(channel: string, texts: readonly string[], retention = PLENTY): Promise<readonly Position[]> {
    const [places] = await this.log.append([{ channel, entries: texts.map((text) => ({ text })), retention }]);
    return placesOf(places!);
  }

  async follow(channel: string): Promise<Seen> {
    const seen = new Seen();
    seen.head = await this.log.follow(channel, seen);
    return seen;
  }

  /** Waits until it says that all is well (again). */
  async up(): Promise<void> {
    while (this.broker.health().state === 'down') await this.health.next('word that the broker is up');
  }

  async down(): Promise<void> {
    while (this.broker.health().state === 'up') await this.health.next('word that the broker is down');
  }

  close(): Promise<void> {
    return this.broker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The places, or throws why there are none. */
export function placesOf(appended: Appended): readonly Position[] {
  if (appended instanceof RealtimeError) throw appended;
  return appended;
}

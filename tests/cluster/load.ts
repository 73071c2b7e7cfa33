import type { Subscription } from '@rt/client';
import { expect } from 'vitest';
import { recordConnection, recordPublish, recordSubscription } from '../checker/attach.ts';
import { check } from '../checker/check.ts';
import { Recorder } from '../checker/recorder.ts';
import { summary } from '../checker/summary.ts';
import { within } from '../hardening/deadline.ts';
import { randomName } from '../hardening/raw-client.ts';
import { Traveller } from './fleet.ts';
import type { Node } from './fleet.ts';

interface Watcher {
  readonly name: string;
  readonly subscription: Subscription;
  /** Texts that came, for waiting. */
  readonly seen: Set<string>;
}

/** A constant stream of messages over several nodes, all of it recorded for the checker. */
export class Load {
  readonly channel = randomName();
  readonly travellers: Traveller[] = [];
  readonly recorder = new Recorder();
  /** How publishes ended: `ok`, or an error's code. */
  readonly outcomes = new Map<string, number>();
  readonly gaps: string[] = [];
  /** The longest that a publish took to settle, in milliseconds. */
  longestMs = 0;
  readonly #nodes: readonly Node[];
  readonly #watchers: Watcher[] = [];
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** `count` clients on each node, subscribed. */
  async watch(count: number): Promise<void> {
    for (const [index, node] of this.#nodes.entries()) {
      for (let n = 0; n < count; n++) {
        const name = `client ${n} of node ${index}`;
        const traveller = new Traveller(node);
        recordConnection(this.recorder, name, traveller.client);
        const subscription = traveller.client.subscribe(this.channel);
        recordSubscription(this.recorder, name, subscription);
        const seen = new Set<string>();
        subscription.onAny((_event, data) => seen.add(JSON.stringify(data)));
        subscription.lifecycle.on('gap', ({ reason }) => this.gaps.push(reason));
        await subscription.subscribed;
        this.travellers.push(traveller);
        this.#watchers.push({ name, subscription, seen });
      }
    }
  }

  /** Publishes `perSecond` messages, from all nodes in turn, until `stop`. */
  start(perSecond: number): void {
    this.#timer = setInterval(() => {
      for (let n = 0; n < perSecond / 50; n++) void this.publish();
    }, 20);
  }

  /** Ends the stream; resolves when every publish has settled. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await within(15_000, 'every publish settles', Promise.all(this.#running));
  }

  publish(data: string = `m${this.#count}`): Promise<void> {
    const node = this.#nodes[this.#count++ % this.#nodes.length]!;
    const began = performance.now();
    const running = recordPublish(this.recorder, { channel: this.channel, data }, () =>
      node.realtime.broadcast(this.channel, 'm', data),
    )
      .then(
        () => 'ok',
        (error: unknown) => String(error instanceof Error && 'code' in error ? error.code : error),
      )
      .then((outcome) => {
        this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
        this.longestMs = Math.max(this.longestMs, performance.now() - began);
        this.#running.delete(running);
      });
    this.#running.add(running);
    return running;
  }

  /** How many publishes ended so. */
  count(outcome: string): number {
    return this.outcomes.get(outcome) ?? 0;
  }

  /** Waits until one more message reached everybody, and compares all that happened with the promise. */
  async settle(): Promise<void> {
    const marker = `end ${this.#count}`;
    await this.publish(marker);
    await within(
      20_000,
      'the last message reaches everybody',
      Promise.all(this.#watchers.map((watcher) => this.#sees(watcher, JSON.stringify(marker)))),
    );
    for (const { name } of this.#watchers) this.recorder.final(name, this.channel);
    const { recording } = this.recorder;
    const violations = check(recording);
    if (violations.length > 0) expect.fail(summary(recording, violations));
  }

  #sees({ subscription, seen }: Watcher, text: string): Promise<void> {
    if (seen.has(text)) return Promise.resolve();
    return new Promise((resolve) => {
      const look = (_event: string, data: unknown): void => {
        if (JSON.stringify(data) === text) resolve();
      };
      subscription.onAny(look);
    });
  }
}

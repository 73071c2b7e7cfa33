import { errorTable, RealtimeError } from '@rt/protocol';
import type { ErrorCode } from '@rt/protocol';
import type { Broker } from '../contracts/broker.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import type { Logger } from '../contracts/logger.ts';
import { DroppedTexts } from '../delivery/dropped-texts.ts';
import type { Publisher } from '../delivery/publisher.ts';
import { BEAT_MS, NodeDirectory } from './node-directory.ts';
import { nodeChannel, NODES_CHANNEL, readNodeMessage, writeMessage } from './wire.ts';
import type { NodeMessage } from './wire.ts';

/** A node that nobody welcomed has heard everybody's beat after this. */
const SETTLE_MS = BEAT_MS + 200;

/** What a cluster needs of its node. */
export interface ClusterServices {
  readonly nodeId: string;
  /** Whether this node has clients, and so has anything to tell of them. */
  readonly serves: boolean;
  readonly broker: Broker;
  readonly bus: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What this node tells others beside that it lives. */
interface Gossip {
  start(): void;
  close(): void;
  came(): void;
  /** `isOrderly`: the node said that it ends. */
  went(node: string, isOrderly: boolean): void;
}

/** What stands above a cluster. */
export interface ClusterEvents {
  /** Channels between nodes that are read by others than this. */
  readonly channels: ReadonlyMap<string, (text: string) => void>;
  /** Another node asks. What it throws is answered as a refusal. */
  readonly asked: (question: string, input: unknown) => Promise<unknown>;
  readonly gossip?: Gossip;
}

interface Pending {
  readonly node: string;
  readonly settled: PromiseWithResolvers<unknown>;
  readonly cancel: Cancel;
}

/** The nodes that reach each other over one broker: knows who is there, and carries questions and answers between them. */
export class Cluster {
  readonly #services: ClusterServices;
  readonly #directory: NodeDirectory;
  readonly #events: ClusterEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #settled = Promise.withResolvers<void>();
  /** Those of whom a welcome told, and who have not been heard yet. */
  readonly #unheard = new Set<string>();
  readonly #stops: Cancel[] = [];
  readonly #dropped: DroppedTexts;
  #questions = 0;

  constructor(services: ClusterServices, events: ClusterEvents) {
    this.#services = services;
    this.#events = events;
    this.#dropped = new DroppedTexts(services.logger, 'messages between nodes');
    this.#directory = new NodeDirectory(services.nodeId, services.clock, {
      came: () => events.gossip?.came(),
      went: (node, isOrderly) => this.#went(node, isOrderly),
    });
  }

  get nodeId(): string {
    return this.#services.nodeId;
  }

  /** Whether `node` is heard. */
  has(node: string): boolean {
    return this.#directory.has(node);
  }

  /** The other nodes that have clients. Right once this node had the time to hear of them. */
  async serving(): Promise<readonly string[]> {
    await this.#settled.promise;
    return this.#directory.serving;
  }

  /** Takes part: is heard by all others, and hears them. */
  async start(): Promise<void> {
    const { broker, clock, nodeId, serves } = this.#services;
    for (const channel of this.#events.channels.keys()) await broker.subscribe(channel);
    await broker.subscribe(NODES_CHANNEL);
    await broker.subscribe(nodeChannel(nodeId));
    this.#stops.push(
      this.#directory.start(() => broker.health().state === 'up'),
      clock.every(BEAT_MS, () => this.#say(NODES_CHANNEL, ['beat', nodeId, serves])),
      clock.after(SETTLE_MS, () => this.#settled.resolve(), true),
    );
    this.#events.gossip?.start();
    this.#say(NODES_CHANNEL, ['hello', nodeId, serves]);
  }

  /** Tells the others that this node ends, and ends. */
  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#events.gossip?.close();
    this.#settled.resolve();
    for (const { settled, cancel } of this.#pending.values()) {
      cancel();
      settled.reject(new RealtimeError('CLOSING', 'this node ends'));
    }
    this.#pending.clear();
    const { broker, bus, clock, nodeId, logger } = this.#services;
    // Waiting for a broker that is away would only hold up the end.
    if (broker.health().state === 'down') return;
    // What the last step gave for an answer (the end of a session, say) leaves before others hear that nobody is here.
    await new Promise<void>((resolve) => clock.soon(resolve));
    try {
      await bus.publish(NODES_CHANNEL, writeMessage(['bye', nodeId]));
    } catch (error) {
      // The others notice by its silence.
      logger.debug('the other nodes were not told that this one ends', { error: String(error) });
    }
  }

  /**
   * Asks one node. Rejects with what it refuses with, `DEADLINE` after `answerMs` without an answer, and `UNKNOWN_CONNECTION`
   * where it is not there (any more).
   */
  async ask(node: string, question: string, input: unknown, answerMs: number): Promise<unknown> {
    if (!this.#directory.has(node)) {
      await this.#settled.promise;
      if (!this.#directory.has(node)) throw unknownConnection();
    }
    const n = this.#questions++;
    const settled = Promise.withResolvers<unknown>();
    const late = (): void =>
      this.#settle(n)?.reject(new RealtimeError('DEADLINE', `a node did not answer within ${answerMs} ms`));
    const cancel = this.#services.clock.after(answerMs, late, true);
    this.#pending.set(n, { node, settled, cancel });
    const asking: NodeMessage = ['ask', this.nodeId, n, question, input];
    this.#services.bus.publish(nodeChannel(node), writeMessage(asking)).catch((error: unknown) => {
      // Some questions have long: nobody waits for the answer to one that was never asked.
      this.#settle(n)?.reject(error);
    });
    return settled.promise;
  }

  /** Texts of a node-to-node channel. */
  deliver(channel: string, texts: readonly string[]): void {
    const read = this.#events.channels.get(channel) ?? ((text: string) => this.#receive(text));
    for (const text of texts) read(text);
  }

  /** Publishes to other nodes; `message` is one of those that they read on `channel`. */
  say(channel: string, message: readonly unknown[]): void {
    this.#services.bus.publish(channel, writeMessage(message), false).catch((error: unknown) => {
      // Beats and digests come again, questions have a deadline; what the broker is up to is said by its health.
      this.#services.logger.debug('a message to other nodes was not sent', { channel, error: String(error) });
    });
  }

  /** A text could not be read. */
  dropped(): void {
    this.#dropped.add();
  }

  #receive(text: string): void {
    const message = readNodeMessage(text);
    if (message === undefined) return this.#dropped.add();
    const sender = message[1];
    switch (message[0]) {
      case 'hello':
        this.#directory.heard(sender, message[2]);
        if (sender !== this.nodeId) this.#welcome(sender);
        return;
      case 'beat':
        return this.#heard(sender, message[2]);
      case 'welcome':
        this.#heard(sender, message[2]);
        return this.#welcomed(message[3]);
      case 'bye':
        return this.#directory.left(sender);
      case 'ask':
        return this.#answer(sender, message[2], this.#events.asked(message[3], message[4]));
      case 'answer':
        return this.#settle(message[2], sender)?.resolve(message[3]);
      case 'refusal':
        return this.#settle(message[2], sender)?.reject(new RealtimeError(codeOf(message[3]), message[4]));
    }
  }

  #heard(node: string, serves: boolean): void {
    this.#directory.heard(node, serves);
    if (this.#unheard.delete(node) && this.#unheard.size === 0) this.#settled.resolve();
  }

  #welcome(node: string): void {
    const { serves } = this.#services;
    const others = this.#directory.nodes.filter((other) => other !== node);
    this.#say(nodeChannel(node), ['welcome', this.nodeId, serves, others]);
  }

  /** Somebody who was here before knows `nodes`: once they are heard as well, nobody is missing. */
  #welcomed(nodes: readonly string[]): void {
    for (const node of nodes) if (!this.#directory.has(node)) this.#unheard.add(node);
    if (this.#unheard.size === 0) this.#settled.resolve();
  }

  #answer(node: string, n: number, answering: Promise<unknown>): void {
    answering
      // What an application keeps with its users may be nothing that JSON can say: that is refused as well.
      .then((output) => this.#say(nodeChannel(node), ['answer', this.nodeId, n, output]))
      .catch((error: unknown) => {
        const { code, message } =
          error instanceof RealtimeError ? error : new RealtimeError('HANDLER_FAILED', 'the node could not answer');
        if (!(error instanceof RealtimeError)) {
          this.#services.logger.error('another node was not answered', { error: String(error) });
        }
        this.#say(nodeChannel(node), ['refusal', this.nodeId, n, code, message]);
      });
  }

  #settle(n: number, sender?: string): PromiseWithResolvers<unknown> | undefined {
    const pending = this.#pending.get(n);
    if (pending === undefined || (sender !== undefined && sender !== pending.node)) return undefined;
    this.#pending.delete(n);
    pending.cancel();
    return pending.settled;
  }

  #went(node: string, isOrderly: boolean): void {
    for (const [n, pending] of this.#pending) if (pending.node === node) this.#settle(n)?.reject(unknownConnection());
    this.#events.gossip?.went(node, isOrderly);
  }

  #say(channel: string, message: NodeMessage): void {
    this.say(channel, message);
  }
}

function unknownConnection(): RealtimeError {
  return new RealtimeError('UNKNOWN_CONNECTION', errorTable.UNKNOWN_CONNECTION.message);
}

function codeOf(code: string): ErrorCode {
  return Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'HANDLER_FAILED';
}

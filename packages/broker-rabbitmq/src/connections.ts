import { within } from '@rt/core';
import type { Cancel, Clock } from '@rt/core';
import type { ChannelModel } from 'amqplib';
import { openConnection } from './connection.ts';
import type { OpenConnection } from './connection.ts';
import type { RabbitmqBrokerOptions } from './options.ts';

/** Time until the next attempt, and a random time on top, so that nodes don't come all at once. */
const AGAIN_MS = 200;
const AGAIN_JITTER_MS = 300;
/** Time for what `opened` does. */
const SET_UP_MS = 10_000;

/** Both connections of a node. */
export interface Pair {
  /** For what is published: RabbitMQ stops reading it when it runs out of memory or disk. */
  readonly writer: ChannelModel;
  /** For what is read: that goes on then. */
  readonly reader: ChannelModel;
}

/** What connections tell. */
export interface ConnectionsHost {
  readonly clock: Clock;
  readonly options: RabbitmqBrokerOptions;
  /** What RabbitMQ shows the connections as. */
  readonly name: string;
  /** They are there: everything has to be set up on them. Where that is rejected, they are made anew. */
  opened(pair: Pair): Promise<void>;
  /** One of them is gone; both are made anew. */
  lost(reason: Error): void;
  /** RabbitMQ takes nothing for now, and says why; `undefined`: it does again. */
  blocked(reason: string | undefined): void;
}

/** The connections of a node. The library does not reconnect in the way that is needed here: what is lost is made anew, for ever. */
export class Connections {
  readonly #host: ConnectionsHost;
  #open: readonly OpenConnection[] = [];
  #attempt = 0;
  /** What RabbitMQ, or the network, said about the present pair. */
  #error: Error | undefined;
  #stopAgain: Cancel | undefined;
  #isClosed = false;

  constructor(host: ConnectionsHost) {
    this.#host = host;
  }

  /** Connects for the first time. Rejects where that fails; then it is not tried again. */
  async start(): Promise<void> {
    await this.#connect(++this.#attempt);
  }

  /** Gives up what is there, and connects anew. */
  drop(reason: Error): void {
    if (this.#isClosed) return;
    this.#attempt++;
    void this.#end();
    // What ends a connection ends its channels first.
    this.#host.lost(this.#error ?? reason);
    this.#later();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#attempt++;
    this.#stopAgain?.();
    await this.#end();
  }

  #later(): void {
    this.#stopAgain?.();
    this.#stopAgain = this.#host.clock.after(AGAIN_MS + Math.random() * AGAIN_JITTER_MS, () => {
      const attempt = ++this.#attempt;
      this.#connect(attempt).catch((error: unknown) => {
        if (attempt === this.#attempt) this.drop(error instanceof Error ? error : new Error('it failed'));
      });
    });
  }

  async #connect(attempt: number): Promise<void> {
    const { options, name } = this.#host;
    this.#error = undefined;
    const opening = ['', '-read'].map((role) => openConnection(options, name + role, attempt - 1));
    const results = await Promise.allSettled(opening);
    const open = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined || attempt !== this.#attempt) {
      await Promise.all(open.map((connection) => connection.end()));
      throw failed?.reason ?? new Error('the connections were given up');
    }
    this.#open = open;
    const [writer, reader] = open.map(({ model }) => model) as [ChannelModel, ChannelModel];
    for (const model of [writer, reader]) this.#watch(model, attempt);
    writer.on('blocked', (reason) => attempt === this.#attempt && this.#host.blocked(reason));
    writer.on('unblocked', () => attempt === this.#attempt && this.#host.blocked(undefined));
    await within(SET_UP_MS, this.#host.opened({ writer, reader }));
    if (attempt !== this.#attempt) throw new Error('the connections were given up');
  }

  #watch(model: ChannelModel, attempt: number): void {
    // Without a handler for it, the error would end the process.
    model.on('error', (error) => {
      if (attempt === this.#attempt) this.#error = error;
    });
    model.on('close', (error = new Error('the connection was closed')) => {
      if (attempt === this.#attempt) this.drop(error);
    });
  }

  async #end(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.map((connection) => connection.end()));
  }
}

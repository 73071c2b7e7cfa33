import type { FrameClient } from './frame-client.ts';
import { PollClient } from './poll-client.ts';
import { connectFrame, RawClient } from './raw-client.ts';
import type { Opening } from './raw-client.ts';
import { StreamClient } from './stream-client.ts';

/** How clients of one transport come to be. */
export class Clients {
  readonly #begin: (port: number, text: string) => Promise<FrameClient>;

  constructor(begin: (port: number, text: string) => Promise<FrameClient>) {
    this.#begin = begin;
  }

  /** A connection whose first message is `text`. */
  begin(port: number, text: string): Promise<FrameClient> {
    return this.#begin(port, text);
  }

  /** A connection that said `connect`, and may be refused. */
  connecting(port: number, opening: Omit<Opening, 'lines'> = {}): Promise<FrameClient> {
    return this.#begin(port, connectFrame(opening));
  }

  /** A connection that got `ready`. */
  async open(port: number, opening: Omit<Opening, 'lines'> = {}): Promise<FrameClient> {
    const client = await this.connecting(port, opening);
    client.ready = await client.next('ready');
    return client;
  }
}

/** The clients of transports with a socket that stays, whose reader can be slow. */
export const STREAMS: Readonly<Record<string, Clients>> = {
  websocket: new Clients((port, text) => RawClient.begin(port, text)),
  sse: new Clients((port, text) => StreamClient.begin(port, text)),
};

/** The clients of every transport of the network: what holds for one holds for all. */
export const CLIENTS: Readonly<Record<string, Clients>> = {
  ...STREAMS,
  longpolling: new Clients((port, text) => PollClient.begin(port, text)),
};

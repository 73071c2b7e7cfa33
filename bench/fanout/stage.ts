import type { Counting } from './audience.ts';
import { CONTENDERS } from './contender.ts';
import type { ContenderName, Flood, Pace } from './contender.ts';
import type { Latency } from './latency-recorder.ts';
import type { Acknowledgement, LoadCommands } from './load.ts';
import { Remote } from './remote.ts';
import { startServer, subscribed } from './server.ts';
import type { Server } from './server.ts';

/** What one run of one contender gave. */
export interface Outcome {
  readonly deliveries: number;
  readonly milliseconds: number;
  /** Microseconds of the server process, user and system, from the first send to the last arrival. */
  readonly serverCpu: number;
  /** The same of the load process. */
  readonly loadCpu: number;
  readonly latency: Latency | null;
}

/** All servers with the same number of subscribers each, all of them in one load process; only one server works at a time. */
export class Stage {
  readonly #subscribers: number;
  readonly #load = new Remote<LoadCommands>(new URL('load.ts', import.meta.url));
  readonly #servers = new Map<ContenderName, Server>();

  constructor(subscribers: number) {
    this.#subscribers = subscribers;
  }

  async open(): Promise<void> {
    for (const contender of CONTENDERS) {
      const server = await startServer(contender);
      this.#servers.set(contender, server);
      await this.#load.call('open', { contender, port: server.port, count: this.#subscribers });
      await subscribed(server, this.#subscribers);
    }
  }

  /** Runs a steady load; rejects unless every delivery arrived exactly once. */
  pace(contender: ContenderName, pace: Pace, counting: Counting = {}): Promise<Outcome> {
    return this.#run(contender, pace.messages, counting, (server) => server.call('pace', pace));
  }

  /** Runs as fast as it goes; rejects unless every delivery arrived exactly once. */
  flood(contender: ContenderName, flood: Flood): Promise<Outcome> {
    const acknowledgeEvery = flood.messages * this.#subscribers;
    return this.#run(contender, flood.messages, { acknowledgeEvery }, (server) => {
      this.#load.onEvent = (event) => {
        const ticks = (event as Acknowledgement).received / acknowledgeEvery;
        // Where this fails, so does the flood itself, which is awaited.
        server.call('acknowledge', ticks).catch(() => undefined);
      };
      return server.call('flood', flood);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.end(), ...Array.from(this.#servers.values(), ({ remote }) => remote.end())]);
  }

  async #run(
    contender: ContenderName,
    messages: number,
    counting: Counting,
    send: (server: Server['remote']) => Promise<{ readonly ticks: number }>,
  ): Promise<Outcome> {
    const server = this.#servers.get(contender);
    if (server === undefined) throw new Error(`${contender} was not started`);
    await this.#load.call('reset', { contender, ...counting });
    const loadCpuBefore = await this.#load.call('cpu', null);
    const start = performance.now();
    const { ticks } = await send(server.remote);
    const perClient = ticks * messages;
    await this.#load.call('arrival', { contender, perClient });
    const milliseconds = performance.now() - start;
    const serverCpu = await server.remote.call('cpu', null);
    const loadCpu = (await this.#load.call('cpu', null)) - loadCpuBefore;
    const latency = await this.#load.call('verify', { contender, perClient });
    return { deliveries: perClient * this.#subscribers, milliseconds, serverCpu, loadCpu, latency };
  }
}

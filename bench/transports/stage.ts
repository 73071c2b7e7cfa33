import type { ContenderCommands, Flood, Pace } from '../fanout/contender.ts';
import { Remote } from '../fanout/remote.ts';
import { SERVERS } from './contender.ts';
import type { ContenderName } from './contender.ts';
import type { Echo, LoadCommands } from './load.ts';

/** What one run of one contender gave. */
export interface Outcome {
  readonly deliveries: number;
  readonly milliseconds: number;
  /** Microseconds of the server process, user and system, from the first send to the last arrival. */
  readonly serverCpu: number;
}

/** The servers of some contenders, and all their clients in one other process; only one server works at a time. */
export class Stage {
  readonly #load = new Remote<LoadCommands>(new URL('load.ts', import.meta.url));
  readonly #servers = new Map<ContenderName, { remote: Remote<ContenderCommands>; port: number }>();
  #subscribers = 0;

  /** Starts servers, each with so many subscribers. */
  async open(contenders: readonly ContenderName[], subscribers: number): Promise<void> {
    this.#subscribers = subscribers;
    for (const contender of contenders) {
      const remote = new Remote<ContenderCommands>(SERVERS[contender]);
      const port = await remote.call('listen', null);
      this.#servers.set(contender, { remote, port });
      if (subscribers > 0) await this.#load.call('open', { contender, port, count: subscribers });
    }
  }

  /** Runs a steady load; rejects unless every delivery arrived exactly once. */
  pace(contender: ContenderName, pace: Pace): Promise<Outcome> {
    return this.#run(contender, pace.messages, undefined, (server) => server.call('pace', pace));
  }

  /** Runs as fast as it goes; rejects unless every delivery arrived exactly once. */
  flood(contender: ContenderName, flood: Flood): Promise<Outcome> {
    const acknowledgeEvery = flood.messages * this.#subscribers;
    return this.#run(contender, flood.messages, acknowledgeEvery, (server) => {
      this.#load.onEvent = (event) => {
        const { received } = event as { readonly received: number };
        // Where this fails, so does the flood itself, which is awaited.
        server.call('acknowledge', received / acknowledgeEvery).catch(() => undefined);
      };
      return server.call('flood', flood);
    });
  }

  /** The median of the times that an idle server takes for an echo, in microseconds. */
  echo(echo: Echo): Promise<number> {
    return this.#load.call('echo', { ...echo, port: this.#server(echo.contender).port });
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.end(), ...Array.from(this.#servers.values(), ({ remote }) => remote.end())]);
  }

  #server(contender: ContenderName): { remote: Remote<ContenderCommands>; port: number } {
    const server = this.#servers.get(contender);
    if (server === undefined) throw new Error(`${contender} was not started`);
    return server;
  }

  async #run(
    contender: ContenderName,
    messages: number,
    acknowledgeEvery: number | undefined,
    send: (server: Remote<ContenderCommands>) => Promise<{ readonly ticks: number }>,
  ): Promise<Outcome> {
    const { remote } = this.#server(contender);
    await this.#load.call('reset', { contender, ...(acknowledgeEvery !== undefined && { acknowledgeEvery }) });
    const start = performance.now();
    const { ticks } = await send(remote);
    const perClient = ticks * messages;
    await this.#load.call('arrival', { contender, perClient });
    const milliseconds = performance.now() - start;
    const serverCpu = await remote.call('cpu', null);
    return { deliveries: perClient * this.#subscribers, milliseconds, serverCpu };
  }
}

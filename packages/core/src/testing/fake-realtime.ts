import type { Contract } from '@rt/protocol';
import { memoryTransport } from '../memory/memory-transport.ts';
import type { MemorySocketConstructor, MemoryTransport } from '../memory/memory-transport.ts';
import type { RealtimeOptions } from '../options.ts';
import { Realtime } from '../realtime.ts';
import { record } from './record.ts';
import type { Recording } from './record.ts';

/** What a client within the process is made with. */
export interface InProcessOptions {
  readonly webSocket: MemorySocketConstructor;
  readonly token?: string;
}

/** `RealtimeClient` of `@rt/client`, or one of a contract: `RealtimeClient<typeof contract>`. */
export type ClientConstructor<Client> = new (url: string, options: InProcessOptions) => Client;

interface AnyClient {
  connect(): Promise<void>;
  close(): void;
}

/**
 * A `Realtime` for tests: it does everything that a real one does, within the process, and what it publishes is recorded. Its
 * transport is the memory transport; unless `authenticate` is given, a token is the user's id.
 */
export class FakeRealtime<Definition extends Contract = Contract> extends Realtime<Definition> {
  /** What was published, in order, and who is present. The matchers look here. */
  readonly recorded: Recording;
  readonly #transport: MemoryTransport;
  readonly #clients: AnyClient[] = [];

  constructor(options: Omit<RealtimeOptions<Definition>, 'transports'> = {}) {
    const transport = memoryTransport();
    super({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      logger: false,
      ...options,
      transports: [transport],
    });
    this.#transport = transport;
    this.recorded = record(this);
  }

  /**
   * A connected client within the process: `await realtime.connect(RealtimeClient, 'ann')`; without a token it is anonymous. It
   * is closed by `close()`. Rejects as the client's `connect()` does.
   */
  async connect<Client extends AnyClient>(make: ClientConstructor<Client>, token?: string): Promise<Client> {
    await this.start();
    const client = new make('memory:', { webSocket: this.#transport.webSocket, ...(token !== undefined && { token }) });
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  /** Ends the clients that `connect` made, then the rest; nobody is waited for unless `drainMs` says so. */
  override async close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    await super.close({ drainMs });
  }

  /** `await using realtime = fakeRealtime()` closes it at the end of its block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A `Realtime` for tests. Takes what `new Realtime` takes, but for `transports`. */
export function fakeRealtime<Definition extends Contract = Contract>(
  options: Omit<RealtimeOptions<Definition>, 'transports'> = {},
): FakeRealtime<Definition> {
  return new FakeRealtime(options);
}

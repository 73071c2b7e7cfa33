import { RealtimeError, serverFrame } from '@rt/protocol';
import { compose } from './composition.ts';
import type { Parts } from './composition.ts';
import { AddressLimit } from './connection/address-limit.ts';
import { connectionRequest } from './connection/connection-request.ts';
import { Connection } from './connection/connection.ts';
import { ConnectionRegistry } from './connection/connection-registry.ts';
import type { BrokerHealth } from './contracts/broker.ts';
import type { Transport } from './contracts/transport.ts';
import { refuseUpgrade } from './http/answer.ts';
import { OriginCheck } from './http/origin-check.ts';
import { Router } from './http/router.ts';
import { routesOf } from './http/routes.ts';
import { TrustedProxies } from './http/trusted-proxies.ts';
import type { ParsedOptions } from './options.ts';

/** What the names of channels between nodes begin with; no client can name one. */
const NODE_TO_NODE = '$';

/** One server process: its parts, its routes, its connections; starts and ends them in the right order. */
export class RealtimeNode {
  readonly options: ParsedOptions;
  readonly parts: Parts;
  readonly router: Router;
  readonly connections = new ConnectionRegistry();
  state: 'new' | 'started' | 'closing' | 'closed' = 'new';
  readonly #addresses: AddressLimit;
  readonly #proxies: TrustedProxies;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Called when a connection is gone, while `close` waits for the last one. */
  #onDeparture: (() => void) | undefined;

  constructor(options: ParsedOptions) {
    this.options = options;
    const { logger } = options;
    refuseLogRules(options);
    this.#addresses = new AddressLimit(options.limits.connectionsPerAddress);
    this.#proxies = new TrustedProxies(options.trustProxy);
    this.parts = compose(options, this.connections, (connection, code, reason) =>
      this.#ended(connection, code, reason),
    );
    this.router = new Router({
      basePath: options.basePath,
      routes: routesOf(this),
      transports: options.transports,
      origins: new OriginCheck(options.allowedOrigins, process.env['NODE_ENV'] === 'production', this.#proxies),
      admits: () =>
        this.state === 'started' ? undefined : new RealtimeError('CLOSING', 'this server takes no new clients'),
      addressRefusal: (req) => this.#addresses.refusal(this.#proxies.addressOf(req)),
      logger,
    });
    for (const transport of options.transports) this.#attach(transport);
  }

  health(): BrokerHealth {
    return this.options.broker.health();
  }

  /** Connects the broker, once. After a failure it may be called again. */
  async start(): Promise<void> {
    if (this.state === 'closing' || this.state === 'closed')
      throw new RealtimeError('CLOSING', 'this Realtime was closed: make a new one');
    this.#starting ??= this.#start();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  /** Ends everything; a second call waits for the first. */
  close(drainMs: number): Promise<void> {
    return (this.#closing ??= this.#close(drainMs));
  }

  async #start(): Promise<void> {
    const { cluster, gate, hub, lifecycle } = this.parts;
    await this.options.broker.start({
      message: (channel, texts) => {
        if (channel.startsWith(NODE_TO_NODE)) cluster?.deliver(channel, texts);
        else hub.deliver(channel, texts);
      },
      health: (health) => {
        gate.set(health.state === 'up');
        lifecycle.emit('broker', health);
      },
      gap: (channels) => hub.reportGap(channels),
      warn: (message, details) => this.options.logger.warn(message, { broker: this.options.broker.name, ...details }),
    });
    await cluster?.start();
    this.parts.connectionServices.heartbeat.start();
    this.state = 'started';
  }

  async #close(drainMs: number): Promise<void> {
    const wasStarted = this.state === 'started';
    this.state = 'closing';
    if (wasStarted && drainMs > 0) await this.#drain(drainMs);
    for (const connection of this.connections) connection.close('CLOSING');
    await Promise.all(this.options.transports.map((transport) => transport.close()));
    this.parts.connectionServices.heartbeat.stop();
    this.parts.presence.close();
    this.parts.interest.close();
    if (wasStarted) await this.parts.cluster?.close();
    await this.options.broker.close();
    this.state = 'closed';
  }

  /** Asks every client to go within `drainMs` and resolves when they have gone or the time is up. */
  async #drain(drainMs: number): Promise<void> {
    const drain = serverFrame(['drain', drainMs]);
    for (const connection of this.connections) connection.send(drain);
    await new Promise<void>((resolve) => {
      const cancel = this.options.clock.after(drainMs, resolve);
      this.#onDeparture = () => {
        if (this.connections.size > 0) return;
        cancel();
        resolve();
      };
      this.#onDeparture();
    });
    this.#onDeparture = undefined;
  }

  #attach(transport: Transport): void {
    const { limits, logger } = this.options;
    transport.attach({
      limits,
      logger,
      refuseUpgrade,
      request: (req) => connectionRequest(req, this.#proxies.addressOf(req)),
      open: (link, request) => {
        const refusal = this.#addresses.refusal(request.address);
        if (refusal !== undefined) throw refusal;
        const connection = new Connection(
          link,
          { id: this.connections.newId(), transport: transport.name, request },
          this.parts.connectionServices,
        );
        this.connections.add(connection);
        this.#addresses.add(connection.address);
        return connection;
      },
    });
  }

  #ended(connection: Connection, code: number, reason: string): void {
    this.connections.remove(connection);
    this.#addresses.remove(connection.address);
    if (connection.wasOpen) this.parts.lifecycle.emit('disconnected', { connection, code, reason });
    this.#onDeparture?.();
  }
}

/** A rule that asks for history needs a log; to keep none silently would break the promise. */
function refuseLogRules({ broker, channels }: ParsedOptions): void {
  if (broker.log !== undefined) return;
  const asking = Object.entries(channels).find(([, rule]) => typeof rule.history === 'object');
  if (asking === undefined) return;
  throw new RealtimeError(
    'UNSUPPORTED',
    `the rule of "${asking[0]}" asks for history, and the broker ${broker.name} keeps none: set history: false, or use a broker with a log`,
  );
}

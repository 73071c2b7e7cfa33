import { RealtimeError, serverFrame } from '@rt/protocol';
import type { IncomingMessage } from 'node:http';
import { compose } from './composition.ts';
import type { Parts } from './composition.ts';
import { AddressLimit } from './connection/address-limit.ts';
import { connectionRequest } from './connection/connection-request.ts';
import type { ConnectionRequest } from './connection/connection-request.ts';
import { Connection } from './connection/connection.ts';
import { ConnectionRegistry } from './connection/connection-registry.ts';
import type { BrokerHealth } from './contracts/broker.ts';
import type { SessionLink } from './contracts/http-sessions.ts';
import type { Link } from './contracts/link.ts';
import type { Transport } from './contracts/transport.ts';
import { refuseUpgrade } from './http/answer.ts';
import { BodyReader } from './http/body.ts';
import { OriginCheck } from './http/origin-check.ts';
import { Router } from './http/router.ts';
import { routesOf } from './http/routes.ts';
import { TrustedProxies } from './http/trusted-proxies.ts';
import { SendRoute } from './http-sessions/send-route.ts';
import { TransportSessions } from './http-sessions/transport-sessions.ts';
import type { ParsedOptions } from './options.ts';

/** What the names of channels between nodes begin with; no client can name one. */
const NODE_TO_NODE = '$';

/** One server process: its parts, its routes, its connections; starts and ends them in the right order. */
export class RealtimeNode {
  readonly options: ParsedOptions;
  readonly parts: Parts;
  readonly bodies: BodyReader;
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
    this.bodies = new BodyReader(options.limits, options.clock);
    this.parts = compose(options, this.connections, (connection, code, reason) =>
      this.#ended(connection, code, reason),
    );
    this.router = new Router({
      basePath: options.basePath,
      routes: routesOf(this),
      transports: options.transports,
      origins: new OriginCheck(options.allowedOrigins, process.env['NODE_ENV'] === 'production', this.#proxies),
      admits: () => this.#admission,
      addressRefusal: (req) => this.#addresses.refusal(this.#proxies.addressOf(req)),
      logger,
    });
    for (const transport of options.transports) this.#attach(transport);
  }

  health(): BrokerHealth {
    return this.options.broker.health();
  }

  /** Why no new clients are let in. */
  get #admission(): RealtimeError | undefined {
    return this.state === 'started' ? undefined : new RealtimeError('CLOSING', 'this server takes no new clients');
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
      const cancel = this.options.clock.after(drainMs, resolve, true);
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
    const { limits, logger, clock } = this.options;
    const request = (req: IncomingMessage): ConnectionRequest => connectionRequest(req, this.#proxies.addressOf(req));
    transport.attach({
      limits,
      logger,
      clock,
      refuseUpgrade,
      request,
      open: (link, from) => this.#open(transport, link, from),
      sessions: () => {
        const { ownSessions: own, sessions: all } = this.parts;
        this.router.add('/send', new SendRoute(all, this.bodies, clock));
        const open = (link: SessionLink, req: IncomingMessage): Connection => this.#open(transport, link, request(req));
        return new TransportSessions({ own, all, bodies: this.bodies, open });
      },
    });
  }

  #open({ name }: Transport, link: Link, request: ConnectionRequest): Connection {
    const refusal = this.#admission ?? this.#addresses.refusal(request.address);
    if (refusal !== undefined) throw refusal;
    const connection = new Connection(
      link,
      { id: this.connections.newId(), transport: name, request },
      this.parts.connectionServices,
    );
    this.connections.add(connection);
    this.#addresses.add(connection.address);
    return connection;
  }

  #ended(connection: Connection, code: number, reason: string): void {
    this.connections.remove(connection);
    this.parts.ownSessions.ended(connection.id);
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

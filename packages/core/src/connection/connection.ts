import { decodeClientFrame, eachLine, errorTable, isFrameProblem, RealtimeError, serverFrame } from '@rt/protocol';
import type { ClientFrame, ErrorCode, JsonValue } from '@rt/protocol';
import type { Link } from '../contracts/link.ts';
import type { Session, TransportName } from '../contracts/transport.ts';
import type { Info } from '../presence/info.ts';
import type { ClientConnection, RequestOptions } from './client-connection.ts';
import type { ConnectionRequest } from './connection-request.ts';
import type { ConnectionServices } from './connection-services.ts';
import { Outbox } from './outbox.ts';
import { TokenBucket } from './token-bucket.ts';
import type { User } from './user.ts';

/** `subscribing` until the broker delivers the channel here; only `subscribed` ones get messages. */
type SubscriptionState = 'subscribing' | 'subscribed';

/** One channel of one connection. A new object for each attempt, so that a late answer finds out that it is late. */
export interface Subscription {
  state: SubscriptionState;
  /** Settles when the subscription is confirmed, or can't be. */
  readonly ready: Promise<void>;
  /** Whether the broker delivers the channel here because of this one. */
  isHeld: boolean;
  /** The server asked for it, so nobody has to allow it. */
  isTrusted: boolean;
  /** What the channel's authorizer said to sending, once asked. */
  maySend?: boolean;
  /** How often the authorizers were asked anew: an answer to an earlier question no longer counts for later ones. */
  reauthorizedCount: number;
  /** What the authorizer told of this member; only and always there on a presence channel. */
  info?: Info;
}

/** RFC 6455 §7.4.1: the client has done what it came for. */
const NORMAL_CLOSURE = 1000;
/**
 * Ends that are somebody's decision about the user: nobody waits for it to come back. A token that expires is none: its
 * client comes back with the next one right away.
 */
const DECIDED: ReadonlySet<ErrorCode> = new Set(['DISCONNECTED', 'FORBIDDEN', 'UNAUTHENTICATED']);
/** RFC 6455 §7.1.5: the code a client sees when a connection ended without a close frame. */
const NO_CLOSE_FRAME = 1006;

/**
 * One client: its identity, its channels, what it may use, and its outbox.
 * A transport feeds it through `Session`; whoever has something for the client calls `send` with a ready frame.
 */
export class Connection implements Session, ClientConnection {
  readonly id: string;
  readonly transport: TransportName;
  readonly address: string;
  readonly subscriptions = new Map<string, Subscription>();
  state: 'connecting' | 'authenticating' | 'open' | 'closing' | 'closed' = 'connecting';
  /** Whether it ever got `ready`: only then has the application heard of it. */
  wasOpen = false;
  user: User | undefined;
  /** Set by `connect`; never equal to a hash before that. */
  instanceHash = '';
  /** The request behind the connection until it is open; then it is let go, headers are most of an idle connection. */
  openedBy: ConnectionRequest | undefined;
  /** Aborts what waits on behalf of the client; made when first asked for. */
  #abort: AbortController | undefined;
  readonly outbox: Outbox;
  readonly #link: Link;
  readonly #services: ConnectionServices;
  readonly #bucket: TokenBucket;
  #refusedInARow = 0;
  /** When the wire was opened: the time to `connect` counts from here, whatever is sent meanwhile. */
  readonly openedAt: number;
  heardAt: number;
  /** When an unanswered `ping` was sent. */
  pingedAt: number | undefined;
  #endedBy: ErrorCode | undefined;

  constructor(
    link: Link,
    from: { readonly id: string; readonly transport: TransportName; readonly request: ConnectionRequest },
    services: ConnectionServices,
  ) {
    this.id = from.id;
    this.transport = from.transport;
    this.address = from.request.address;
    this.openedBy = from.request;
    this.#link = link;
    this.outbox = new Outbox(this, link, services);
    this.#services = services;
    const now = services.clock.now();
    this.openedAt = now;
    this.heardAt = now;
    this.#bucket = new TokenBucket(services.limits.messageBurst, services.limits.messagesPerMinute, now);
  }

  get channels(): readonly string[] {
    return Array.from(this.subscriptions.keys()).filter(
      (channel) => this.subscriptions.get(channel)?.state === 'subscribed',
    );
  }

  /** Aborted when the connection ends. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.state === 'closing' || this.state === 'closed') this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** The client was let in as `user`. With `keepsRequest` a later token can be checked against the same cookies. */
  opened(user: User | undefined, hash: string, keepsRequest: boolean): void {
    this.state = 'open';
    this.wasOpen = true;
    this.user = user;
    this.instanceHash = hash;
    if (!keepsRequest) this.openedBy = undefined;
  }

  async subscribe(channel: string): Promise<void> {
    await this.#services.membership.subscribe(this, { channel, n: 0, isTrusted: true });
  }

  unsubscribe(channel: string, reason = 'the server ended this subscription'): Promise<boolean> {
    return Promise.resolve(this.#services.membership.end(this, channel, new RealtimeError('FORBIDDEN', reason)));
  }

  /** Queues one ready frame; it leaves at the end of this tick. */
  send(frame: string): void {
    this.outbox.send(frame);
  }

  drained(): void {
    this.outbox.drained();
  }

  /** Answers request `n` with an error; `n` = 0 concerns the connection itself. */
  sendError(n: number, code: ErrorCode, message: string = errorTable[code].message, detail?: JsonValue): void {
    this.send(serverFrame(detail === undefined ? ['err', n, code, message] : ['err', n, code, message, detail]));
  }

  /** Answers request `n` with `error`: its code, message and detail, and never what is behind it. */
  refuse(n: number, { code, message, detail }: RealtimeError): void {
    this.sendError(n, code, message, jsonOf(detail));
  }

  /**
   * Asks the client, which answers with `client.respond(event, …)`. Rejects as `ConnectionHandle.request` says.
   */
  request(event: string, data?: unknown, options?: RequestOptions): Promise<JsonValue> {
    return this.#services.clientRequests.ask(this, { event, data, ...options });
  }

  receive(text: string): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    this.receivedAnything();
    eachLine(text, (line) => {
      this.#receiveLine(line);
      return this.state !== 'closing' && this.state !== 'closed';
    });
  }

  receivedControl(): void {
    this.receivedAnything();
    this.#charge(0);
  }

  receivedAnything(): void {
    this.heardAt = this.#services.heartbeat.now;
    this.pingedAt = undefined;
  }

  /** Tells the client why and ends the connection. What it was sent before leaves first. */
  close(code: ErrorCode, message?: string, closeCode = errorTable[code].closeCode ?? 1011): void {
    // Sending the reason may fill the queue of its reader, which would come back here.
    if (this.#endedBy !== undefined || this.state === 'closed') return;
    this.#endedBy = code;
    this.sendError(0, code, message);
    this.#services.outboxes.writeNow(this.outbox);
    this.#leave('closing', !DECIDED.has(code));
    this.#link.close(closeCode, code);
  }

  closed(code: number, reason: string): void {
    if (this.state === 'closed') return;
    this.#leave('closed', code !== NORMAL_CLOSURE);
    this.#services.connectionEnded(this, code || NO_CLOSE_FRAME, this.#endedBy ?? reason);
  }

  #leave(state: 'closing' | 'closed', isAbrupt: boolean): void {
    this.state = state;
    this.openedBy = undefined;
    this.outbox.shut();
    this.#abort?.abort();
    this.#services.clientRequests.ended(this);
    for (const [channel, subscription] of this.subscriptions)
      this.#services.membership.leave(this, channel, subscription, { isAbrupt });
    this.subscriptions.clear();
  }

  #receiveLine(line: string): void {
    const decoded = decodeClientFrame(line);
    if (isFrameProblem(decoded)) {
      if (!this.#charge(decoded.n)) return;
      if (decoded.code === 'BAD_FRAME' || this.state !== 'open') this.close('BAD_FRAME', decoded.message);
      else this.sendError(decoded.n, decoded.code, decoded.message);
      return;
    }
    if (this.#charge(requestNumber(decoded))) this.#services.commands.run(this, decoded);
  }

  /** Whether the client may go on. One that ignores as many refusals as a burst has messages is cut. */
  #charge(n: number): boolean {
    const retryAfterMs = this.#bucket.take(this.#services.clock.now());
    if (retryAfterMs === 0) {
      this.#refusedInARow = 0;
      return true;
    }
    this.#refusedInARow++;
    if (this.#refusedInARow > this.#services.limits.messageBurst) this.close('RATE_LIMITED');
    else this.sendError(n, 'RATE_LIMITED', undefined, { retryAfterMs });
    return false;
  }
}

/** `value`, if JSON can say it. */
function jsonOf(value: unknown): JsonValue | undefined {
  try {
    return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as JsonValue);
  } catch {
    // The error counts without it too.
    return undefined;
  }
}

/** The client's own number for it; what it answers has one of the server's. */
function requestNumber(frame: ClientFrame): number {
  const n = frame[0] === 'connect' || frame[0] === 'ok' || frame[0] === 'err' ? 0 : frame[1];
  return typeof n === 'number' ? n : 0;
}

import { PROTOCOL_VERSION, RealtimeError, SUB_PROTOCOL } from '@rt/protocol';
import type { ClientFrame, ServerFrame, ServerFrameOf } from '@rt/protocol';
import { backoffDelayMs } from './backoff.ts';
import { socketUrl } from './base-url.ts';
import { closeError } from './close-error.ts';
import type { ConnectionOwner } from './connection-owner.ts';
import { Deferred } from './deferred.ts';
import type { Off } from './emitter.ts';
import type { Fallback } from './http/fallback.ts';
import { newInstance } from './instance.ts';
import { Link } from './link.ts';
import { loaded } from './loaded.ts';
import { MAX_TIMER_MS } from './options.ts';
import type { ClientSettings } from './options.ts';
import type { Socket } from './socket.ts';
import type { ConnectionState } from './state-change.ts';
import { Timer } from './timer.ts';
import { fetchToken } from './token.ts';
import type { TokenSource } from './token.ts';
import type { TransportName } from './transport-name.ts';
import { watchWake } from './wake.ts';

/** A token is not renewed any more when less than twice this is left. */
const SHORTEST_RENEWAL_MS = 500;

interface Connecting {
  readonly state: 'connecting';
  readonly token: TokenSource | undefined;
  link?: Link;
  readonly error?: never;
}

interface Open {
  readonly state: 'open';
  readonly link: Link;
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly transport: TransportName;
  readonly error?: never;
}

type Phase =
  | { readonly state: 'idle' | 'waiting'; readonly link?: never; readonly error?: never }
  | Connecting
  | Open
  | { readonly state: 'closed'; readonly link?: never; readonly error: RealtimeError };

/**
 * Keeps one link to the server, and a new one whenever that ends, until it is closed.
 * What is reported comes last in every step: a listener may close the client at any time.
 */
export class Connection {
  readonly #url: string | URL;
  readonly #settings: ClientSettings;
  readonly #owner: ConnectionOwner;
  #token: TokenSource | undefined;
  #instance: string | undefined;
  #phase: Phase = { state: 'idle' };
  /** The one timer of the present phase: the attempt's deadline, the wait, or the moment to move in a drain. */
  readonly #timer = new Timer();
  /** Until a token is asked for that takes the place of one which ends. */
  readonly #renewal = new Timer();
  #attempt = 0;
  #opening = new Deferred<void>();
  #stopWake: Off | undefined;
  /** The other transports; loaded when a WebSocket did not get through or is not the first choice. */
  #fallback: Fallback | undefined;
  /** The attempt before did not get through, and there is another transport to try. */
  #isBlocked = false;
  /** The error that the last frame was, to explain the close code after it. */
  #lastWord: RealtimeError | undefined;

  constructor(url: string | URL, settings: ClientSettings, owner: ConnectionOwner) {
    this.#url = url;
    this.#settings = settings;
    this.#owner = owner;
    this.#token = settings.token;
  }

  get state(): ConnectionState {
    return this.#phase.state;
  }

  /** What the server said of the connection, while it is open. */
  get open(): Open | undefined {
    return this.#phase.state === 'open' ? this.#phase : undefined;
  }

  /** Why it is closed. */
  get closedBy(): RealtimeError | undefined {
    return this.#phase.error;
  }

  /** How long the next `send` frame has to wait; `Infinity` while there is no connection. */
  get sendWaitMs(): number {
    return this.#phase.link?.pace?.waitMs ?? Infinity;
  }

  /** Connects if nothing was asked of the client yet. */
  start(): void {
    if (this.state === 'idle') this.#dial();
  }

  /** Connects, at once also from `waiting`. Resolves when open, rejects when it ends `closed`. */
  connect(): Promise<void> {
    const { promise } = this.#opening;
    if (this.state !== 'connecting' && this.state !== 'open') this.#dial();
    return promise;
  }

  /** Ends the connection and does not come back. */
  close(): void {
    if (this.state !== 'closed') this.#close();
  }

  /** Uses another token from now on. */
  setToken(token: TokenSource): void {
    this.#token = token;
    void this.#authenticate();
  }

  /** Sends a frame if the connection is open, else drops it. Throws `TOO_LARGE`. */
  transmit(frame: ClientFrame | string): void {
    this.open?.link.send(frame);
  }

  #dial(): void {
    const { transports, connectTimeoutMs } = this.#settings;
    const phase: Connecting = { state: 'connecting', token: this.#token };
    this.#phase = phase;
    this.#lastWord = undefined;
    this.#stopWake ??= watchWake((isBack) => {
      this.#phase.link?.probe();
      if (isBack && this.state === 'waiting') this.#dial();
    });
    this.#timer.start(connectTimeoutMs / (this.#attempt ? 1 : transports.length), () => {
      this.#ended(true, 4001, new RealtimeError('CONNECT_TIMEOUT', 'No answer came.'));
    });
    void this.#openLink(phase);
    this.#owner.changed({ state: 'connecting' });
  }

  async #openLink(phase: Connecting): Promise<void> {
    const { transports, webSocket } = this.#settings;
    try {
      const token = await fetchToken(phase.token);
      const needsFallback = !this.#fallback && (this.#isBlocked || transports[0] !== 'websocket');
      const chunk = needsFallback && (await loaded(import('./http/fallback.ts')));
      // Closed, or too late, meanwhile.
      if (this.#phase !== phase) return;
      const url = socketUrl(this.#url);
      const openWebSocket = (): Socket => new (webSocket ?? WebSocket)(url, SUB_PROTOCOL);
      if (chunk) this.#fallback = new chunk.Fallback(this.#settings, url, openWebSocket, () => this.#move());
      const instance = (this.#instance ??= newInstance());
      const link = new Link(this.#fallback ? this.#fallback.open() : openWebSocket(), {
        opened: () => link.send(['connect', PROTOCOL_VERSION, instance, token, this.#owner.resume(), {}]),
        received: (frame) => this.#received(frame),
        ended: (comesBack, code, error) => this.#ended(comesBack, code, error),
      });
      phase.link = link;
    } catch (cause) {
      if (this.#phase !== phase) return;
      // What is an error of ours may be another time: the token function's, or a file that did not load. Anything else is a
      // url or an option that the platform does not take: it says which.
      const isOurs = cause instanceof RealtimeError;
      this.#ended(isOurs, 1000, isOurs ? cause : new RealtimeError('BAD_OPTION', String(cause), { cause }));
    }
  }

  #received(frame: ServerFrame): void {
    this.#lastWord = undefined;
    if (frame[0] === 'ready') {
      this.#opened(frame);
    } else if (frame[0] === 'auth') {
      this.#expires(frame[1]);
    } else if (frame[0] === 'drain' && this.open) {
      this.#timer.start(Math.random() * frame[1], () => this.#move());
    } else if (frame[0] === 'err') {
      const [, n, code, message, detail] = frame;
      const error = new RealtimeError(code, message, { detail });
      if (n) this.#owner.refused(n, error);
      else this.#owner.report((this.#lastWord = error));
    } else {
      this.#owner.received(frame);
    }
  }

  #opened([, connectionId, user, limits, beatMs, expiresInMs]: ServerFrameOf<'ready'>): void {
    if (this.#phase.state !== 'connecting') return;
    const { link, token } = this.#phase;
    if (!link) return;
    link.ready(limits, beatMs, this.#settings);
    this.#timer.stop();
    const transport = this.#fallback?.transport ?? 'websocket';
    this.#phase = { state: 'open', link, connectionId, userId: user ?? undefined, transport };
    this.#attempt = 0;
    // `setToken` came after this attempt had taken its token.
    this.#expires(expiresInMs);
    if (token !== this.#token) void this.#authenticate();
    this.#opening.resolve();
    this.#owner.opened();
    this.#owner.changed({ state: 'open' });
  }

  /** Leaves this link for another one: to a node that does not drain, or on a better transport. */
  #move(): void {
    // 1000 would say that it is not coming back.
    this.#lost(4200);
    this.#dial();
  }

  /** The link ended or is of no more use, or the attempt took too long. */
  #ended(comesBack: boolean, code: number, error = this.#lastWord ?? closeError(code)): void {
    const isReported = error === this.#lastWord;
    const { state, link } = this.#phase;
    this.#lost(code);
    // Nothing came through, and the server did not say why: another transport may do better.
    this.#isBlocked =
      state === 'connecting' &&
      !!link &&
      (code === 4001 || (!error && code < 3000)) &&
      (this.#fallback?.next() ?? this.#settings.transports.length > 1);
    if (this.#isBlocked) this.#dial();
    else if (!comesBack) this.#close(error);
    else this.#wait(error);
    // What goes away by itself is a state; what somebody has to mend is an error as well.
    if (error && !isReported && !error.retryable) this.#owner.report(error);
  }

  #wait(error: RealtimeError | undefined): void {
    const retryInMs = backoffDelayMs(this.#attempt++, this.#settings);
    this.#timer.start(retryInMs, () => this.#dial());
    this.#owner.changed({ state: 'waiting', error, retryInMs });
  }

  #close(error = new RealtimeError('CLOSED', 'Closed.')): void {
    this.#lost();
    this.#phase = { state: 'closed', error };
    this.#timer.stop();
    this.#stopWake?.();
    this.#stopWake = undefined;
    this.#opening.reject(error);
    this.#opening = new Deferred();
    this.#owner.closed(error);
    this.#owner.changed({ state: 'closed', error });
  }

  /** There is no link any more, or it is of no more use. */
  #lost(closeCode = 1000): void {
    this.#phase.link?.close(closeCode);
    if (this.open) this.#opening = new Deferred();
    this.#phase = { state: 'waiting' };
    this.#renewal.stop();
    this.#owner.lost();
  }

  /**
   * The token is good for `inMs` more, `null` for as long as it likes; only a function can give another one. It is asked when
   * half of that is over, and where it fails when half of the rest is, until it is too late.
   */
  #expires(inMs: number | null | undefined): void {
    const halfMs = (inMs ?? 0) / 2;
    this.#renewal.stop();
    if (typeof this.#token !== 'function' || halfMs < SHORTEST_RENEWAL_MS) return;
    this.#renewal.start(Math.min(MAX_TIMER_MS, halfMs), () => void this.#authenticate(halfMs));
  }

  /** Sends the present token to the open connection, whose own one is good for `leftMs` more. */
  async #authenticate(leftMs?: number): Promise<void> {
    const { open } = this;
    const source = this.#token;
    if (!open) return;
    const token = await fetchToken(source).catch((error: RealtimeError) => error);
    // Another connection, or another token, which is sent for itself.
    if (this.open !== open || this.#token !== source) return;
    if (token instanceof RealtimeError) {
      if (leftMs) this.#expires(leftMs);
      this.#owner.report(token);
    } else if (token) {
      open.link.send(['auth', token]);
    }
  }
}

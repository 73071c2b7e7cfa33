import { PROTOCOL_VERSION, RealtimeError, SUB_PROTOCOL, toRealtimeError } from '@rt/protocol';
import type { ClientFrame, ServerFrame, ServerFrameOf } from '@rt/protocol';
import { backoffDelayMs } from './backoff.ts';
import { socketUrl } from './base-url.ts';
import { closeError } from './close-error.ts';
import type { ConnectionOwner } from './connection-owner.ts';
import { Deferred } from './deferred.ts';
import type { Off } from './emitter.ts';
import { newInstance } from './instance.ts';
import { Link } from './link.ts';
import type { LinkEnd } from './link.ts';
import type { ClientSettings } from './options.ts';
import { Renewal } from './renewal.ts';
import type { ConnectionState } from './state-change.ts';
import { fetchToken } from './token.ts';
import type { TokenSource } from './token.ts';
import { watchWake } from './wake.ts';
import type { WakeEvent } from './wake.ts';

interface Connecting {
  readonly state: 'connecting';
  readonly token: TokenSource | undefined;
  link?: Link;
}

interface Open {
  readonly state: 'open';
  readonly link: Link;
  readonly connectionId: string;
  readonly userId: string | undefined;
}

type Phase =
  | { readonly state: 'idle' | 'waiting' }
  | Connecting
  | Open
  | { readonly state: 'closed'; readonly error: RealtimeError };

/**
 * Keeps one link to the server, and a new one whenever that ends, until it is closed.
 * What is reported comes last in every step: a listener may close the client at any time.
 */
export class Connection {
  readonly #url: string | URL;
  readonly #settings: ClientSettings;
  readonly #owner: ConnectionOwner;
  readonly #renewal: Renewal;
  #token: TokenSource | undefined;
  #instance: string | undefined;
  #phase: Phase = { state: 'idle' };
  /** The one timer of the present phase: the attempt's deadline, the wait, or the moment to move in a drain. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #opening: Deferred<void> | undefined;
  #stopWake: Off | undefined;
  /** The error that the last frame was, to explain the close code after it. */
  #lastWord: RealtimeError | undefined;

  constructor(url: string | URL, settings: ClientSettings, owner: ConnectionOwner) {
    this.#url = url;
    this.#settings = settings;
    this.#owner = owner;
    this.#token = settings.token;
    this.#renewal = new Renewal(() => void this.#authenticate());
  }

  get state(): ConnectionState {
    return this.#phase.state;
  }

  /** The id the server gave, while open. */
  get connectionId(): string | undefined {
    return this.#open?.connectionId;
  }

  /** The user the server recognised, while open. */
  get userId(): string | undefined {
    return this.#open?.userId;
  }

  /** Why it is closed. */
  get closedBy(): RealtimeError | undefined {
    return this.#phase.state === 'closed' ? this.#phase.error : undefined;
  }

  /** How long the next `send` frame has to wait; `Infinity` while there is no connection. */
  get sendWaitMs(): number {
    return this.#open?.link.sendWaitMs ?? Infinity;
  }

  /** Connects if nothing was asked of the client yet. */
  start(): void {
    if (this.#phase.state === 'idle') this.#dial();
  }

  /** Connects, at once also from `waiting`. Resolves when open, rejects when it ends `closed`. */
  connect(): Promise<void> {
    if (this.#open) return Promise.resolve();
    const { promise } = (this.#opening ??= new Deferred());
    if (this.#phase.state !== 'connecting') this.#dial();
    return promise;
  }

  /** Ends the connection and does not come back. */
  close(): void {
    if (this.#phase.state !== 'closed') this.#close();
  }

  /** Uses another token from now on. */
  setToken(token: TokenSource): void {
    this.#token = token;
    void this.#authenticate();
  }

  /** Sends a frame if the connection is open, else drops it. Throws `TOO_LARGE`. */
  transmit(frame: ClientFrame | string): void {
    this.#open?.link.send(frame);
  }

  get #open(): Open | undefined {
    return this.#phase.state === 'open' ? this.#phase : undefined;
  }

  #dial(error?: RealtimeError): void {
    const phase: Connecting = { state: 'connecting', token: this.#token };
    this.#phase = phase;
    this.#lastWord = undefined;
    this.#stopWake ??= watchWake((event) => this.#woke(event));
    this.#setTimer(this.#settings.connectTimeoutMs, () => {
      phase.link?.close(4001);
      this.#ended({ code: 4001, comeBack: 'later' });
    });
    void this.#openLink(phase);
    this.#owner.changed({ state: 'connecting', error });
  }

  async #openLink(phase: Connecting): Promise<void> {
    const token = await fetchToken(phase.token);
    // Closed, or too late, meanwhile.
    if (this.#phase !== phase) return;
    if (token instanceof RealtimeError) {
      this.#wait(token);
      this.#owner.report(token);
      return;
    }
    try {
      const WebSocketHere = this.#settings.webSocket ?? WebSocket;
      const instance = (this.#instance ??= newInstance());
      const link = new Link(new WebSocketHere(socketUrl(this.#url), SUB_PROTOCOL), {
        opened: () => link.send(['connect', PROTOCOL_VERSION, instance, token, this.#owner.resume(), {}]),
        received: (frame) => this.#received(frame),
        ended: (end) => this.#ended(end),
      });
      phase.link = link;
    } catch (cause) {
      const error = toRealtimeError(cause, 'UNSUPPORTED', 'There is no WebSocket here; see the option webSocket.');
      this.#close(error);
      this.#owner.report(error);
    }
  }

  #received(frame: ServerFrame): void {
    this.#lastWord = undefined;
    if (frame[0] === 'ready') {
      this.#opened(frame);
    } else if (frame[0] === 'auth') {
      this.#expires(frame[1]);
    } else if (frame[0] === 'drain' && this.#open) {
      const { link } = this.#open;
      // Leaves a node that drains for another one.
      this.#setTimer(Math.random() * frame[1], () => {
        link.close(1000);
        this.#lost();
        this.#dial();
      });
    } else if (frame[0] === 'err' && frame[1] === 0) {
      this.#lastWord = new RealtimeError(frame[2], frame[3], { detail: frame[4] });
      this.#owner.report(this.#lastWord);
    } else {
      this.#owner.received(frame);
    }
  }

  #opened([, connectionId, user, limits, beatMs, expiresInMs]: ServerFrameOf<'ready'>): void {
    if (this.#phase.state !== 'connecting' || this.#phase.link === undefined) return;
    const { link, token } = this.#phase;
    link.ready(limits, beatMs, this.#settings.heartbeat);
    clearTimeout(this.#timer);
    this.#phase = { state: 'open', link, connectionId, userId: user ?? undefined };
    this.#attempt = 0;
    // `setToken` came after this attempt had taken its token.
    this.#expires(expiresInMs);
    if (token !== this.#token) void this.#authenticate();
    this.#opening?.resolve();
    this.#opening = undefined;
    this.#owner.opened();
    this.#owner.changed({ state: 'open' });
  }

  /** The link ended, or the attempt took too long. */
  #ended({ code, comeBack, error }: LinkEnd): void {
    const reason = error ?? this.#lastWord ?? closeError(code);
    const reported = reason === this.#lastWord;
    this.#lost();
    if (comeBack === 'now') this.#dial(reason);
    else if (comeBack === 'never') this.#close(reason);
    else this.#wait(reason);
    // What the network does is a state; what somebody has to mend is an error as well.
    if (reason && !reported && (error || comeBack === 'never')) this.#owner.report(reason);
  }

  #wait(error: RealtimeError | undefined): void {
    const retryInMs = backoffDelayMs(this.#attempt++, this.#settings.backoff);
    this.#phase = { state: 'waiting' };
    this.#setTimer(retryInMs, () => this.#dial());
    this.#owner.changed({ state: 'waiting', error, retryInMs });
  }

  #close(error = new RealtimeError('CLOSED', 'The client was closed.')): void {
    const phase = this.#phase;
    this.#lost();
    this.#phase = { state: 'closed', error };
    clearTimeout(this.#timer);
    this.#stopWake?.();
    this.#stopWake = undefined;
    if ('link' in phase) phase.link?.close(1000);
    this.#opening?.reject(error);
    this.#opening = undefined;
    this.#owner.closed(error);
    this.#owner.changed({ state: 'closed', error });
  }

  #lost(): void {
    this.#phase = { state: 'waiting' };
    this.#renewal.endsIn(0);
    this.#owner.lost();
  }

  #woke(event: WakeEvent): void {
    this.#open?.link.probe();
    if (this.#phase.state === 'waiting' && event === 'woke') this.#dial();
  }

  /** The server told how long the token is good for. Only a function can give another one. */
  #expires(inMs: number | null | undefined): void {
    this.#renewal.endsIn((typeof this.#token === 'function' && inMs) || 0);
  }

  /** Sends the present token to the open connection. */
  async #authenticate(): Promise<void> {
    const link = this.#open?.link;
    const source = this.#token;
    if (!link) return;
    const token = await fetchToken(source);
    // Another connection, or another token, which is sent for itself.
    if (this.#open?.link !== link || this.#token !== source) return;
    if (token instanceof RealtimeError) {
      this.#renewal.wait();
      this.#owner.report(token);
    } else if (token !== null) {
      link.send(['auth', token]);
    }
  }

  #setTimer(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}

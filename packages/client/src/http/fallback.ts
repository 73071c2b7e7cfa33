import type { ClientSettings } from '../options.ts';
import type { Socket } from '../socket.ts';
import type { TransportName } from '../transport-name.ts';
import { HttpSession } from './http-session.ts';
import { HttpSocket } from './http-socket.ts';
import type { Receive } from './http-socket.ts';
import { OpenedSocket } from './opened-socket.ts';
import { poll } from './poll.ts';
import { sse } from './sse.ts';
import { Upgrade } from './upgrade.ts';

const RECEIVERS = new Map<TransportName, Receive | null>([
  ['websocket', null],
  ['sse', sse],
  ['longpolling', poll],
]);

/** Knows which transport to use, once a plain WebSocket was not it. */
export class Fallback {
  readonly #settings: ClientSettings;
  readonly #socketUrl: string;
  readonly #openWebSocket: () => Socket;
  readonly #upgrade: Upgrade;
  /** The place in the list of transports of the one that is used or tried; of the last one that worked. */
  #index = 0;
  #lastGood = 0;
  /** When the best transport was last tried. */
  #bestAt = performance.now();
  /** The present attempt continues the round of the one before. */
  #isNext = true;

  /** `redial` leaves the present link for a new one at once. */
  constructor(settings: ClientSettings, socketUrl: string, openWebSocket: () => Socket, redial: () => void) {
    this.#settings = settings;
    this.#socketUrl = socketUrl;
    this.#openWebSocket = openWebSocket;
    // A WebSocket that is the first choice was tried without this.
    if (this.transport === 'websocket') this.next();
    this.#upgrade = new Upgrade(
      openWebSocket,
      { timeoutMs: settings.connectTimeoutMs, maxWaitMs: settings.upgradeAfterMs },
      redial,
    );
  }

  /** The transport in use, or the one that is being tried. */
  get transport(): TransportName {
    return this.#settings.transports[this.#index]!;
  }

  /** The last attempt did not get through: whether there is another transport to try at once. */
  next(): boolean {
    this.#isNext = ++this.#index < this.#settings.transports.length;
    // Nothing gets through: the next round begins with the best again.
    if (!this.#isNext) this.#index = this.#lastGood = 0;
    return this.#isNext;
  }

  /**
   * A socket of the transport to use now: the next of the round, or else what worked last, or the best one if it is time.
   * Throws a `TypeError` for a name that is none.
   */
  open(): Socket {
    const won = this.#upgrade.take();
    if (won) {
      this.#index = this.#lastGood = this.#settings.transports.indexOf('websocket');
      return new OpenedSocket(won);
    }
    if (!this.#isNext) {
      const isTime = performance.now() - this.#bestAt >= this.#settings.upgradeAfterMs;
      this.#index = isTime ? 0 : this.#lastGood;
    }
    this.#isNext = false;
    if (this.#index === 0) this.#bestAt = performance.now();
    const receive = RECEIVERS.get(this.transport);
    if (receive === undefined) throw new TypeError(`There is no transport ${this.transport}.`);
    if (receive !== null) return this.#openHttp(receive);
    // Should it fail, the next one that works takes this place.
    this.#lastGood = this.#index;
    return this.#openWebSocket();
  }

  #openHttp(receive: Receive): Socket {
    const index = this.#index;
    const session = new HttpSession(this.#socketUrl, this.#settings.fetch ?? fetch);
    return new HttpSocket(session, receive, {
      began: () => {
        this.#lastGood = index;
        if (this.#settings.transports.slice(0, index).includes('websocket')) this.#upgrade.start();
      },
      ended: () => this.#upgrade.stop(),
    });
  }
}

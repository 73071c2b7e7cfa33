import { recordFrames } from '../checker/attach.ts';
import type { Recorder } from '../checker/recorder.ts';
import type { SimNetwork, SimWire } from './sim-network.ts';
import { SimRoster } from './sim-roster.ts';

/** How often a send is tried again after the server could not say what became of it. */
const RETRIES = 3;

interface Send {
  readonly publish: number;
  readonly channel: string;
  readonly data: unknown;
  readonly id: string;
  n: number;
  /** Whether it left on an earlier connection, so that it may have arrived. */
  wasSent: boolean;
  retries: number;
}

/** A client that does what docs/protocol.md says and nothing else; the network and its own moments are the simulation's. */
export class SimClient {
  readonly name: string;
  readonly instance: string;
  /** The channels it wants, each with its last cursor. */
  readonly wanted = new Map<string, string | null>();
  /** The channels that the server has confirmed on this connection. */
  readonly confirmed = new Set<string>();
  readonly user: string | undefined;
  /** The members of presence channels that it has, as it was told. */
  readonly rosters = new Map<string, SimRoster>();
  /** Its server goes: it has to connect elsewhere. */
  isAskedToGo = false;
  readonly #recorder: Recorder;
  #wire: SimWire | undefined;
  #isReady = false;
  /** The channels that this connection was asked for: 0 for those of `connect`. */
  readonly #asked = new Map<string, number>();
  /** By request number, the channels whose members it asked for. */
  readonly #rosterAsked = new Map<number, string>();
  #unanswered: Send[] = [];
  #lastNumber = 0;
  #lastId = 0;

  constructor(name: string, recorder: Recorder, user?: string) {
    this.name = name;
    this.instance = name.padEnd(22, '_');
    this.user = user;
    this.#recorder = recorder;
  }

  get isConnected(): boolean {
    return this.#wire !== undefined;
  }

  /** Whether every send was answered. */
  get isIdle(): boolean {
    return this.#unanswered.length === 0;
  }

  connect(network: SimNetwork): void {
    if (this.#wire !== undefined) return;
    this.#wire = network.connect(this);
    for (const channel of this.wanted.keys()) this.#asked.set(channel, 0);
    this.#wire.send(['connect', 1, this.instance, this.user ?? null, [...this.wanted]]);
  }

  cut(): void {
    this.#wire?.cut();
  }

  deliver(writes: number): void {
    this.#wire?.deliver(writes);
  }

  subscribe(channel: string): void {
    if (this.wanted.has(channel)) return;
    this.wanted.set(channel, null);
    if (this.#isReady) this.#ask(channel);
  }

  /** Only on a ready connection: elsewhere the next `connect` simply leaves the channel out. */
  unsubscribe(channel: string): void {
    if (!this.#isReady || !this.confirmed.has(channel)) return;
    this.wanted.delete(channel);
    this.confirmed.delete(channel);
    this.#asked.delete(channel);
    this.rosters.delete(channel);
    this.#recorder.ended(this.name, channel);
    this.#wire?.send(['unsub', ++this.#lastNumber, channel]);
  }

  send(channel: string, data: unknown): void {
    const id = `${this.name}-${++this.#lastId}`;
    const publish = this.#recorder.published({ channel, data, by: this.name, publishId: id, except: [this.name] });
    const send: Send = { publish, channel, data, id, n: 0, wasSent: false, retries: 0 };
    this.#unanswered.push(send);
    if (this.#isReady) this.#transmit(send);
  }

  received(text: string): void {
    for (const line of text.split('\n')) this.#receive(JSON.parse(line) as readonly unknown[]);
  }

  stalled(isStalled: boolean): void {
    if (isStalled) this.#recorder.stalled(this.name);
    else this.#recorder.reading(this.name);
  }

  closed(): void {
    this.#wire = undefined;
    this.#isReady = false;
    this.isAskedToGo = false;
    this.rosters.clear();
    this.confirmed.clear();
    this.#asked.clear();
    this.#recorder.disconnected(this.name);
  }

  /** Sends again what the server could not say the outcome of, with its id. */
  #retry(n: number, code: string): boolean {
    const send = this.#unanswered.find((one) => one.n === n);
    const isOpen = code === 'BROKER_DOWN' || code === 'DEADLINE' || code === 'OUTCOME_UNKNOWN';
    if (send === undefined || !isOpen || send.retries++ >= RETRIES) return false;
    this.#transmit(send);
    return true;
  }

  #roster(channel: string, roster: Parameters<SimRoster['replace']>[0]): void {
    const known = this.rosters.get(channel) ?? new SimRoster();
    this.rosters.set(channel, known);
    known.replace(roster);
  }

  #askForRoster(channel: string): void {
    this.#rosterAsked.set(++this.#lastNumber, channel);
    this.#wire?.send(['members', this.#lastNumber, channel]);
  }

  #receive(frame: readonly unknown[]): void {
    const [type, first, second, third] = frame as [string, never, never, never];
    // What is not wanted any more may still arrive; the application does not see it.
    const name: unknown = type === 'sub' ? second : first;
    const isWanted = typeof name === 'string' && this.wanted.has(name);
    // At most once, and so nothing that the promise speaks of.
    const isVolatile = type === 'm' && third === null;
    if (isWanted && !isVolatile && (type === 'sub' || this.confirmed.has(name) || type === 'unsub')) {
      recordFrames(this.#recorder, this.name, [frame]);
    }
    switch (type) {
      case 'ready':
        this.#isReady = true;
        for (const send of this.#unanswered) this.#transmit(send);
        for (const channel of this.wanted.keys()) if (!this.#asked.has(channel)) this.#ask(channel);
        return;
      case 'ping':
        this.#wire?.send(['pong']);
        return;
      case 'sub':
        if (!isWanted) return;
        this.confirmed.add(name);
        this.wanted.set(name, third);
        if (frame[5] !== undefined) this.#roster(name, frame[5] as never);
        return;
      case 'pres':
        if (this.confirmed.has(first) && this.rosters.get(first)?.change(frame) === false) this.#askForRoster(first);
        return;
      case 'drain':
        this.isAskedToGo = true;
        return;
      case 'unsub':
        this.#forget(first);
        return;
      case 'm':
        if (isWanted && third !== null) this.wanted.set(name, third);
        return;
      case 'skip':
        if (isWanted) this.wanted.set(name, second);
        return;
      case 'gap':
        if (isWanted) this.wanted.set(name, third);
        return;
      case 'ok': {
        const asked = this.#rosterAsked.get(first);
        if (asked !== undefined && this.confirmed.has(asked)) this.#roster(asked, second);
        this.#answered(first, (publish) => this.#recorder.acknowledged(publish, second));
        return;
      }
      case 'err':
        for (const [asked, n] of this.#asked) {
          if (n !== first || n === 0) continue;
          this.#forget(asked);
          this.#recorder.ended(this.name, asked);
        }
        if (!this.#retry(first, second)) {
          this.#answered(first, (publish) => this.#recorder.failed(publish, second));
        }
        return;
      default:
    }
  }

  #ask(channel: string): void {
    this.#asked.set(channel, ++this.#lastNumber);
    this.#wire?.send(['sub', this.#lastNumber, channel, this.wanted.get(channel) ?? null]);
  }

  #forget(channel: string): void {
    this.wanted.delete(channel);
    this.confirmed.delete(channel);
    this.#asked.delete(channel);
    this.rosters.delete(channel);
  }

  #transmit(send: Send): void {
    send.n = ++this.#lastNumber;
    const again = send.wasSent ? [true] : [];
    send.wasSent = true;
    this.#wire?.send(['send', send.n, send.channel, 'said', send.data, send.id, ...again]);
  }

  #answered(n: number, record: (publish: number) => void): void {
    const send = this.#unanswered.find((one) => one.n === n);
    if (send === undefined) return;
    this.#unanswered = this.#unanswered.filter((one) => one !== send);
    record(send.publish);
  }
}

import type { Authorizer, LifecycleEvents, Realtime, RealtimeOptions } from '@rt/core';
import { ManualClock } from '../manual-clock.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient, TestWire } from '../test-wire.ts';

export type Frame = readonly [type: string, ...fields: unknown[]];

/** Lets everything happen that waits for no timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The time that a `ManualClock` shows when it is new. */
export const START = 1_700_000_000_000;

/** One client, whose token is its user's id; no token is anonymous. */
export class Guest {
  readonly client: TestClient;
  readonly instance: string;

  constructor(client: TestClient, instance: string = client.instance) {
    this.client = client;
    this.instance = instance;
  }

  send(...frames: readonly unknown[]): void {
    this.client.send(...frames);
  }

  /** Everything that came since the last time, but for what each connection gets. */
  async take(): Promise<Frame[]> {
    await settle();
    const frames: Frame[] = [];
    while (this.client.waiting > 0) {
      const frame = await this.client.next();
      const isOwnChannel = frame[0] === 'sub' && String(frame[2]).startsWith('user.');
      if (frame[0] !== 'ready' && frame[0] !== 'ping' && !isOwnChannel) frames.push(frame);
    }
    return frames;
  }

  /** What came of one type. */
  async takeOnly(type: string): Promise<Frame[]> {
    return (await this.take()).filter((frame) => frame[0] === type);
  }
}

interface RoomOptions extends RealtimeOptions {
  readonly authorizer?: Authorizer;
}

/** One presence channel of a server, and a clock that stands still until told. */
export class Room {
  readonly channel = 'presence-room.1';
  readonly clock: ManualClock;
  readonly realtime: Realtime;
  /** What the server's listeners heard. */
  readonly events: [event: string, id: string, info: unknown][] = [];
  readonly #wire: TestWire;

  private constructor(realtime: Realtime, wire: TestWire, clock: ManualClock) {
    this.realtime = realtime;
    this.#wire = wire;
    this.clock = clock;
    for (const event of ['joined', 'left', 'updated'] as const) {
      realtime.on(event, ({ member }: LifecycleEvents[typeof event]) => {
        this.events.push([event, member.id, member.info]);
      });
    }
  }

  static async open({ authorizer, ...options }: RoomOptions = {}): Promise<Room> {
    const clock = new ManualClock();
    const { realtime, wire } = await startRealtime({
      clock,
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      ...options,
    });
    realtime.authorize('presence-room.*', authorizer ?? (({ action }) => (action === 'update' ? true : {})));
    return new Room(realtime, wire, clock);
  }

  /** A client that connected; with `instance` it is one that was here before. */
  async guest(user: string | null, instance?: string): Promise<Guest> {
    const guest = new Guest(this.#wire.connect(), instance);
    guest.send(['connect', 1, guest.instance, user, []]);
    await settle();
    return guest;
  }

  /** A client that connected and asked for the channel. Its frames are not taken. */
  async enter(user: string | null, instance?: string): Promise<Guest> {
    const guest = await this.guest(user, instance);
    guest.send(['sub', 1, this.channel]);
    await settle();
    return guest;
  }

  /** A member who was told of itself, after which the channel was quiet. */
  async seat(user: string, instance?: string): Promise<Guest> {
    const guest = await this.enter(user, instance);
    await this.wait(200);
    await guest.take();
    return guest;
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  /** The ids of the members, as the server tells. */
  async ids(): Promise<string[]> {
    const members = await this.realtime.channel(this.channel).members();
    return members.map(({ id }) => id).sort();
  }

  async infoOf(id: string): Promise<unknown> {
    const members = await this.realtime.channel(this.channel).members();
    return members.find((member) => member.id === id)?.info;
  }
}

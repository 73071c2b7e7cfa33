import type { Member } from '@rt/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Room, settle, START } from './room.ts';
import type { Guest } from './room.ts';
import { RosterCopy, sortedById } from './roster-copy.ts';

const GRACE_MS = 10_000;
const PAGES = 3;

/** One page of a user, in the plain model. */
interface Page {
  readonly page: number;
  readonly guests: Set<Guest>;
  given: number;
  info: Member['info'];
  goneAt: number | undefined;
}

/** The plain model: the pages of every user, in the order of their coming. */
class Model {
  now = START;
  /** What the authorizer answers now. */
  decision = 0;
  readonly users = new Map<string, { readonly connectedAt: number; pages: Page[] }>();

  enter(id: string, page: number, guest: Guest): void {
    const user = this.users.get(id) ?? { connectedAt: this.now, pages: [] };
    this.users.set(id, user);
    const known = user.pages.find((each) => each.page === page);
    if (known === undefined) {
      const info = { decision: this.decision };
      user.pages.push({ page, guests: new Set([guest]), given: this.decision, info, goneAt: undefined });
      return;
    }
    known.guests.add(guest);
    known.goneAt = undefined;
    if (known.given === this.decision) return;
    known.given = this.decision;
    known.info = { decision: this.decision };
  }

  leave(id: string, guest: Guest, isAbrupt: boolean): void {
    for (const page of this.users.get(id)?.pages ?? []) {
      if (page.guests.delete(guest) && page.guests.size === 0) page.goneAt = this.now + (isAbrupt ? GRACE_MS : 0);
    }
    this.#sweep();
  }

  update(id: string, guest: Guest, info: Member['info']): void {
    const user = this.users.get(id)!;
    user.pages = user.pages.filter((page) => page.goneAt === undefined);
    user.pages.find((page) => page.guests.has(guest))!.info = info;
  }

  wait(ms: number): void {
    this.now += ms;
    this.#sweep();
  }

  get members(): readonly Member[] {
    return sortedById(
      Array.from(this.users, ([id, { connectedAt, pages }]) => ({ id, connectedAt, info: pages[0]!.info })),
    );
  }

  #sweep(): void {
    for (const [id, user] of this.users) {
      user.pages = user.pages.filter(({ goneAt }) => goneAt === undefined || goneAt > this.now);
      if (user.pages.length === 0) this.users.delete(id);
    }
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('enter' as const),
      user: fc.constantFrom('ann', 'bob', 'cid', 'dan'),
      page: fc.nat(PAGES - 1),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('unsubscribe' as const, 'close' as const, 'drop' as const, 'drop' as const),
      pick: fc.nat(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('update' as const), pick: fc.nat(), status: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('decide' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 1, 50, 99, 200, 200, 5_000, GRACE_MS - 1),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A seat: one connection that takes part, and what its client knows. */
interface Seat {
  readonly user: string;
  readonly guest: Guest;
  readonly copy: RosterCopy;
}

/** What clients said of one version: the members, or the count where that is all. All have to say the same. */
class Agreement {
  readonly #said = new Map<number, unknown>();

  hear({ version, sorted, count }: RosterCopy): void {
    const says = sorted ?? count;
    if (this.#said.has(version)) expect(says).toEqual(this.#said.get(version));
    else this.#said.set(version, says);
  }

  /** The channel was empty: its versions start anew. */
  forget(): void {
    this.#said.clear();
  }
}

class Run {
  readonly model = new Model();
  readonly #room: Room;
  readonly #agreement = new Agreement();
  #seats: Seat[] = [];

  private constructor(room: Room) {
    this.#room = room;
  }

  static async start(presenceRosterLimit: number): Promise<Run> {
    const run: { current?: Run } = {};
    const room = await Room.open({
      limits: { presenceRosterLimit, beatMs: 1_000_000_000, messageBurst: 1_000_000 },
      authorizer: ({ action }) => action === 'update' || { decision: run.current?.model.decision },
    });
    return (run.current = new Run(room));
  }

  async do(what: Step): Promise<void> {
    switch (what.do) {
      case 'enter': {
        const guest = await this.#room.enter(what.user, `${what.user}-${what.page}`.padEnd(22, '-'));
        this.#seats.push({ user: what.user, guest, copy: new RosterCopy(this.#room.channel) });
        this.model.enter(what.user, what.page, guest);
        break;
      }
      case 'update': {
        const seat = this.#pick(what.pick);
        seat?.guest.send(['pres', 2, this.#room.channel, { status: what.status }]);
        if (seat !== undefined) this.model.update(seat.user, seat.guest, { status: what.status });
        break;
      }
      case 'decide':
        this.model.decision++;
        break;
      case 'wait':
        await this.#room.wait(what.ms);
        this.model.wait(what.ms);
        break;
      default:
        await this.#end(what.do, what.pick);
    }
    await this.#check();
  }

  /** After a quiet time every client knows what the server knows. */
  async settle(): Promise<void> {
    await this.do({ do: 'wait', ms: 200 });
    for (const { copy } of this.#seats) {
      expect(copy.count).toBe(this.model.users.size);
      if (copy.sorted !== undefined) expect(copy.sorted).toEqual(this.model.members);
    }
    await this.#room.realtime.close({ drainMs: 0 });
  }

  async #end(how: 'unsubscribe' | 'close' | 'drop', pick: number): Promise<void> {
    const seat = this.#pick(pick);
    if (seat === undefined) return;
    await this.#hear(seat);
    this.#seats = this.#seats.filter((other) => other !== seat);
    if (how === 'unsubscribe') seat.guest.send(['unsub', 9, this.#room.channel]);
    else if (how === 'close') seat.guest.client.leave();
    else seat.guest.client.abort();
    this.model.leave(seat.user, seat.guest, how === 'drop');
  }

  #pick(number: number): Seat | undefined {
    return this.#seats[number % Math.max(this.#seats.length, 1)];
  }

  async #check(): Promise<void> {
    await settle();
    for (const seat of this.#seats) await this.#hear(seat);
    expect(sortedById(await this.#room.realtime.channel(this.#room.channel).members())).toEqual(this.model.members);
    if (this.model.users.size === 0) this.#agreement.forget();
  }

  async #hear({ guest, copy }: Seat): Promise<void> {
    for (const frame of await guest.take()) {
      copy.receive(frame);
      // A new client knows of itself before the others do.
      if (frame[0] === 'pres') this.#agreement.hear(copy);
    }
  }
}

it(
  'the members are those of a plain model, and every client agrees at every version, whatever happens',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2, 3, 1_000),
        fc.array(step, { maxLength: 80, size: 'max' }),
        async (limit, steps) => {
          const run = await Run.start(limit);
          for (const each of steps) await run.do(each);
          await run.settle();
        },
      ),
      { numRuns: 500 },
    );
  },
);

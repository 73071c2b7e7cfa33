import { describe, expect, it } from 'vitest';
import { Room, settle, START } from './room.ts';
import type { Guest } from './room.ts';
import { RosterCopy } from './roster-copy.ts';

/** When frames of presence came for one client. */
class FrameTimes {
  readonly guest: Guest;
  readonly times: number[] = [];
  #read = 0;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  /** Notes what came since the last time. */
  note(now: number): void {
    const lines = this.guest.client.writes.slice(this.#read).flatMap((write) => write.split('\n'));
    this.#read = this.guest.client.writes.length;
    for (const line of lines) if (line.startsWith('["pres"')) this.times.push(now);
  }

  /** The shortest time in which more than `count` frames came. */
  shortestFor(count: number): number {
    return Math.min(...this.times.map((time, index) => (this.times[index + count] ?? Infinity) - time));
  }
}

describe('a channel with more members than the limit', () => {
  it('tells the count only', async () => {
    const room = await Room.open({ limits: { presenceRosterLimit: 2 } });
    const ann = await room.seat('ann');
    await room.seat('bob');
    await ann.take();
    await room.seat('cid');
    expect(await ann.take()).toEqual([['pres', room.channel, 3, [], [], [], 3]]);
    const dan = await room.enter('dan');
    expect((await dan.take())[0]?.[5]).toEqual({ version: 3, count: 3, members: null });
    await room.wait(200);
    dan.send(['members', 2, room.channel]);
    expect(await dan.takeOnly('ok')).toEqual([['ok', 2, { version: 4, count: 4, members: null }]]);
    expect(await room.ids()).toEqual(['ann', 'bob', 'cid', 'dan']);
  });

  it('tells nothing where the count stays as it is', async () => {
    const room = await Room.open({ limits: { presenceRosterLimit: 0 } });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    expect(await ann.take()).toEqual([['ok', 2]]);
    expect(room.events.at(-1)).toEqual(['updated', 'ann', { status: 'away' }]);
  });

  it('tells everybody all members when there are fewer again, and not right at the limit', async () => {
    const room = await Room.open({ limits: { presenceRosterLimit: 2 } });
    const ann = await room.seat('ann');
    const bob = await room.seat('bob');
    const cid = await room.seat('cid');
    await ann.take();
    cid.client.leave();
    expect(await ann.take()).toEqual([['pres', room.channel, 4, [], [], [], 2]]);
    bob.client.leave();
    await room.wait(200);
    expect(await ann.take()).toEqual([['pres', room.channel, 5, [['ann', {}, START]], [], [], 1]]);
  });

  it('is also one whose members are too long to list', async () => {
    const text = 'a'.repeat(500);
    const room = await Room.open({ limits: { maxMessageBytes: 1_024 }, authorizer: () => ({ text }) });
    const ann = await room.seat('ann');
    await room.seat('bob');
    expect((await ann.take())[0]?.slice(3)).toEqual([[], [], [], 2]);
  });
});

describe('a change in a channel with thousands of subscribers', () => {
  it('is told them in several turns of the event loop, each of them once, and what changes meanwhile after it', async () => {
    const room = await Room.open({ limits: { presenceRosterLimit: 0 } });
    const guests: Guest[] = [];
    for (let index = 0; index < 2_500; index++) {
      const guest = await room.guest(`user ${index}`);
      guest.send(['sub', 1, room.channel]);
      guests.push(guest);
    }
    await settle();
    // One frame, and then quiet.
    await room.wait(200);
    await room.wait(200);
    for (const guest of guests) await guest.take();

    const told = (): number => guests.filter(({ client }) => client.waiting > 0).length;
    guests.pop()!.client.leave();
    const counts = [told()];
    while (told() < guests.length) {
      await new Promise((resolve) => setImmediate(resolve));
      counts.push(told());
      // Some were told of the first one who left, and not all.
      if (guests.length === 2_499 && told() > 0) guests.pop()!.client.leave();
    }
    const most = Math.max(...counts.slice(1).map((count, index) => count - counts[index]!));
    expect(most).toBeLessThanOrEqual(1_000);
    await room.wait(200);
    const frames = await Promise.all(guests.map((guest) => guest.take()));
    const [first] = frames[0]!;
    const version = Number(first![2]);
    const both = [
      ['pres', room.channel, version, [], [], [], 2_499],
      ['pres', room.channel, version + 1, [], [], [], 2_498],
    ];
    expect(frames.filter((each) => JSON.stringify(each) !== JSON.stringify(both))).toEqual([]);
  });
});

describe('B8: many members who join in a short time', () => {
  it('are at most 5 frames a second for each subscriber, and the counts are exact', { timeout: 60_000 }, async () => {
    const members = 2_000;
    const stepMs = 50;
    const room = await Room.open();
    const subscribers: FrameTimes[] = [];
    const noteAll = (): void => {
      for (const subscriber of subscribers) subscriber.note(room.clock.now());
    };
    while (subscribers.length < members) {
      for (let joining = 0; joining < 10; joining++) {
        subscribers.push(new FrameTimes(await room.enter(`user ${subscribers.length}`)));
      }
      noteAll();
      await room.wait(stepMs);
      noteAll();
    }
    await room.wait(200);
    noteAll();

    expect(Math.min(...subscribers.map((subscriber) => subscriber.shortestFor(5)))).toBeGreaterThanOrEqual(1_000);
    expect(subscribers[0]?.times).toHaveLength((members / 10) * (stepMs / 200) + 1);
    const copies = await Promise.all(
      subscribers.map(async ({ guest }) => {
        const copy = new RosterCopy(room.channel);
        for (const frame of await guest.take()) copy.receive(frame);
        return copy;
      }),
    );
    expect(new Set(copies.map((copy) => copy.count))).toEqual(new Set([members]));
    expect(new Set(copies.map((copy) => copy.members))).toEqual(new Set([undefined]));
    expect(await room.realtime.channel(room.channel).members()).toHaveLength(members);
  });
});

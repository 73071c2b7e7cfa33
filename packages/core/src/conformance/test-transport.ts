import type { Transport } from '../contracts/transport.ts';
import type { LifecycleEvents } from '../lifecycle.ts';
import type { RealtimeOptions } from '../options.ts';
import { Realtime } from '../realtime.ts';
import { Inbox } from './inbox.ts';
import { Peer } from './peer.ts';
import type { ForeignClient } from './peer.ts';
import type { TestRunner } from './test-runner.ts';

/** What the suite needs to test one transport. */
export interface TransportUnderTest {
  transport(): Transport;
  /**
   * Connects to a server at `baseUrl`, e.g. `http://127.0.0.1:40123/realtime`. `opening` is the client's first message, where the wire
   * `opensWithFrames`. Rejects where the server refuses it.
   */
  connect(baseUrl: string, opening: string | undefined): Promise<ForeignClient>;
  /** The wire is opened by the client's first message (an HTTP request with a body): it can't be open and silent. */
  readonly opensWithFrames?: true;
}

/** Far above the time after which any wire is taken for gone that has no socket to tell of it. */
const SILENT_END_MS = 20_000;

/**
 * The contract of `Transport`, as tests from the outside: run it over every transport with a client that is not ours.
 * Each test has a server of its own on a free port.
 */
export function testTransport({ describe, it, expect }: TestRunner, name: string, subject: TransportUnderTest): void {
  /** Runs a test against a listening server; closes it whatever happens. */
  const withServer =
    (
      run: (server: { realtime: Realtime; connect: () => Promise<Peer> }) => Promise<void>,
      options: RealtimeOptions = {},
    ) =>
    async (): Promise<void> => {
      const realtime = new Realtime({
        transports: [subject.transport()],
        channels: { '*': { send: true } },
        logger: false,
        ...options,
      });
      const { port } = await realtime.listen({ port: 0 });
      try {
        const dial = (opening?: string): Promise<ForeignClient> =>
          subject.connect(`http://127.0.0.1:${port}/realtime`, opening);
        const connect = async (): Promise<Peer> => new Peer(subject.opensWithFrames ? undefined : await dial(), dial);
        await run({ realtime, connect });
      } finally {
        await realtime.close({ drainMs: 0 });
      }
    };

  describe(`transport ${name}: the contract`, () => {
    it(
      'opens with connect and ready, and subscribes in the same round trip',
      withServer(async ({ realtime, connect }) => {
        const opened = new Inbox<LifecycleEvents['connected']>();
        realtime.on('connected', (event) => opened.push(event));
        const peer = await connect();
        const [type, id] = await peer.open('news');
        expect(type).toBe('ready');
        const { connection } = await opened.next('the connected event');
        expect(connection.id).toBe(id);
        expect(connection.transport).toBe(subject.transport().name);
      }),
    );

    it(
      'delivers 1,000 messages, once each and in order',
      withServer(async ({ realtime, connect }) => {
        const peer = await connect();
        await peer.open('news');
        await Promise.all(Array.from({ length: 1_000 }, (_, index) => realtime.broadcast('news', 'tick', index)));
        for (let index = 0; index < 1_000; index++) expect((await peer.next())[4]).toBe(index);
      }),
    );

    it(
      'takes several frames in one message, and answers each',
      withServer(async ({ connect }) => {
        const peer = await connect();
        await peer.open();
        peer.send(['sub', 1, 'a'], ['send', 2, 'b', 'x', 1], ['unsub', 3, 'c']);
        const answers = [await peer.next(), await peer.next(), await peer.next()];
        const byNumber = answers.map((frame) => frame.slice(0, 2)).sort((a, b) => Number(a[1]) - Number(b[1]));
        expect(byNumber).toEqual([
          ['sub', 1],
          ['ok', 2],
          ['ok', 3],
        ]);
      }),
    );

    it(
      'carries any JSON unchanged, in both directions',
      withServer(async ({ connect }) => {
        const [a, b] = [await connect(), await connect()];
        await a.open();
        await b.open('room');
        const data = {
          text: 'a\r\nb\n\u2028\0 é 漢 👩‍🚀',
          '"]\n["m"': [1.5, -0, true, null, {}, []],
          '\ud800': 'lone',
          __proto__: null,
        };
        a.send(['send', 1, 'room', 'said', data]);
        expect((await b.next())[4]).toEqual(JSON.parse(JSON.stringify(data)));
        expect((await a.next()).slice(0, 2)).toEqual(['ok', 1]);
      }),
    );

    it(
      'carries a message as large as the limit, and refuses a larger one with a close that others do not feel',
      withServer(async ({ realtime, connect }) => {
        const [honest, greedy] = [await connect(), await connect()];
        await honest.open('room');
        await greedy.open('room');
        const most = 64 * 1024 - sendOf(0).length;
        greedy.wire.send(sendOf(most));
        expect((await greedy.next())[0]).toBe('ok');
        expect(String((await honest.next())[4]).length).toBe(most);
        greedy.wire.send(sendOf(most + 1));
        expect((await greedy.closed).code).toBe(1009);
        await realtime.broadcast('room', 'still', 1);
        expect((await honest.next())[2]).toBe('still');
      }),
    );

    it(
      'closes with 4500 on what is no frame',
      withServer(async ({ connect }) => {
        for (const text of ['{', '', '{}', '[]', '[1]', '["connect"]']) {
          const peer = await connect();
          await peer.begin(text);
          expect((await peer.closed).code).toBe(4500);
        }
      }),
    );

    if (!subject.opensWithFrames)
      it(
        'closes a client that does not say who it is in time, with 4001',
        withServer(
          async ({ connect }) => {
            expect((await (await connect()).closed).code).toBe(4001);
          },
          { limits: { connectTimeoutMs: 200 } },
        ),
      );

    it(
      'answers a bad token on the open wire, and closes with 4501',
      withServer(
        async ({ connect }) => {
          const peer = await connect();
          await peer.connect('wrong');
          expect((await peer.next()).slice(0, 3)).toEqual(['err', 0, 'UNAUTHENTICATED']);
          expect((await peer.closed).code).toBe(4501);
        },
        { authenticate: () => undefined },
      ),
    );

    it(
      'tells core exactly once when a client leaves, politely or without a word',
      withServer(async ({ realtime, connect }) => {
        const gone = new Inbox<LifecycleEvents['disconnected']>();
        realtime.on('disconnected', (event) => gone.push(event));
        const [polite, rude] = [await connect(), await connect()];
        const ids = [(await polite.open('room'))[1], (await rude.open('room'))[1]];
        polite.wire.close();
        expect((await gone.next('the polite end')).connection.id).toBe(ids[0]);
        rude.wire.abort();
        expect((await gone.next('the rude end', SILENT_END_MS)).connection.id).toBe(ids[1]);
        expect(await realtime.channel('room').subscriberCount()).toBe(0);
        expect(gone.size).toBe(0);
      }),
    );

    it(
      'lets in only so many connections of one address, however they come at once, and counts those that have gone',
      withServer(
        async ({ realtime, connect }) => {
          const gone = new Inbox<LifecycleEvents['disconnected']>();
          realtime.on('disconnected', (event) => gone.push(event));
          const open = async (): Promise<Peer> => {
            const peer = await connect();
            await peer.open();
            return peer;
          };
          const outcomes = await Promise.allSettled(Array.from({ length: 10 }, open));
          const letIn = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
          expect(letIn.length).toBe(3);
          letIn[0]!.wire.close();
          await gone.next('the end of the first');
          expect((await (await connect()).open())[0]).toBe('ready');
        },
        { limits: { connectionsPerAddress: 3 } },
      ),
    );

    it(
      'sends what was queued before it closes',
      withServer(async ({ realtime, connect }) => {
        const peer = await connect();
        await peer.open('room');
        const sent = Promise.all(Array.from({ length: 100 }, (_, index) => realtime.broadcast('room', 'last', index)));
        await sent;
        const closing = realtime.close({ drainMs: 0 });
        for (let index = 0; index < 100; index++) expect((await peer.next())[4]).toBe(index);
        expect((await peer.next()).slice(0, 3)).toEqual(['err', 0, 'CLOSING']);
        expect((await peer.closed).code).toBe(4200);
        await closing;
      }),
    );

    it(
      'asks clients to go when it drains, and ends as soon as they have gone',
      withServer(async ({ realtime, connect }) => {
        const peer = await connect();
        await peer.open();
        const closing = realtime.close({ drainMs: 60_000 });
        expect(await peer.next()).toEqual(['drain', 60_000]);
        peer.wire.close();
        await closing;
      }),
    );
  });
}

/** A send frame whose data has `length` characters. */
function sendOf(length: number): string {
  return JSON.stringify(['send', 1, 'room', 'said', 'x'.repeat(length)]);
}

import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import type { Broker } from '../contracts/broker.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import { IGNORED_EVENTS } from './ignored-events.ts';
import { Inbox } from './inbox.ts';
import type { TestRunner } from './test-runner.ts';
import { testStall } from './test-stall.ts';

/** One broker service, to which a suite connects several nodes. */
export interface BrokerUnderTest {
  /** A new node's broker, not started. All brokers of one service reach each other. */
  broker(): Broker;
  /** A broker whose service can't be reached. Absent where there is nothing to reach. */
  unreachable?(): Broker;
  /** Makes the service stand still, with all connections open (SIGSTOP). Absent, as `resume` then is, where it can't be. */
  readonly pause?: () => void | Promise<void>;
  /** Lets it go on. */
  readonly resume?: () => void | Promise<void>;
  /** Stops the service; the suite has closed every broker by then. */
  stop(): Promise<void>;
}

/** Three times what `start` may take where nobody answers: the exact figure is not for a loaded machine. */
const START_WITHIN_MS = 15_000;

interface Delivery {
  readonly channel: string;
  readonly text: string;
}

interface Node {
  readonly broker: Broker;
  readonly inbox: Inbox<Delivery>;
}

/**
 * The contract of `Broker`, as tests: run it over every broker. `start` makes one service for each test.
 */
export function testBroker(runner: TestRunner, name: string, start: () => Promise<BrokerUnderTest>): void {
  const { describe, it, expect } = runner;
  /** Runs a test with `count` started nodes and closes them whatever happens. */
  const withNodes = (count: number, run: (...nodes: readonly Node[]) => Promise<void>) => async (): Promise<void> => {
    const service = await start();
    const nodes: Node[] = [];
    try {
      for (let index = 0; index < count; index++) nodes.push(await startNode(service.broker()));
      await run(...nodes);
    } finally {
      await Promise.all(nodes.map((node) => node.broker.close()));
      await service.stop();
    }
  };
  const one = (run: (node: Node) => Promise<void>) => withNodes(1, (node) => run(node));
  const two = (run: (a: Node, b: Node) => Promise<void>) => withNodes(2, (a, b) => run(a, b));

  describe(`broker ${name}: the contract`, () => {
    it(
      'delivers to every subscribed node, the publishing one included',
      two(async (a, b) => {
        const channel = randomChannel();
        await a.broker.subscribe(channel);
        await b.broker.subscribe(channel);
        await a.broker.publish([{ channel, texts: ['hello'] }]);
        expect(await a.inbox.next('the publisher’s own copy')).toEqual({ channel, text: 'hello' });
        expect(await b.inbox.next('the other node’s copy')).toEqual({ channel, text: 'hello' });
      }),
    );

    it(
      'delivers nothing from channels that were not subscribed to',
      two(async (a, b) => {
        const [wanted, other] = [randomChannel(), randomChannel()];
        await b.broker.subscribe(wanted);
        await a.broker.publish([
          { channel: other, texts: ['no'] },
          { channel: wanted, texts: ['yes'] },
        ]);
        expect(await b.inbox.next('the wanted one')).toEqual({ channel: wanted, text: 'yes' });
        expect(b.inbox.size).toBe(0);
      }),
    );

    it(
      'keeps the order of one publisher, over many publishes and several texts in one',
      two(async (a, b) => {
        const channel = randomChannel();
        await b.broker.subscribe(channel);
        const texts = Array.from({ length: 1_000 }, (_, index) => String(index));
        for (let index = 0; index < texts.length; index += 7)
          await a.broker.publish([{ channel, texts: texts.slice(index, index + 7) }]);
        const delivered = await b.inbox.take(texts.length, 'numbered texts');
        expect(delivered.map((delivery) => delivery.text)).toEqual(texts);
      }),
    );

    it(
      'carries any text as it is: empty, NUL, line breaks, all of Unicode, 100 kB',
      two(async (a, b) => {
        const channel = randomChannel();
        await b.broker.subscribe(channel);
        const texts = ['', '\0', 'a\r\nb\n', '\u2028 é 漢 👩‍🚀', '{"a":1}', 'x'.repeat(100_000)];
        await a.broker.publish([{ channel, texts }]);
        const delivered = await b.inbox.take(texts.length, 'the texts');
        expect(delivered.map((delivery) => delivery.text)).toEqual(texts);
      }),
    );

    it(
      'keeps channels apart whose names look like patterns or differ little',
      two(async (a, b) => {
        const prefix = randomChannel();
        const channels = HOSTILE_NAMES.map((hostile) => (prefix + hostile).slice(0, 164)).concat(HOSTILE_NAMES);
        for (const channel of channels) await b.broker.subscribe(channel);
        for (const channel of channels) await a.broker.publish([{ channel, texts: [channel] }]);
        const delivered = await b.inbox.take(channels.length, 'one text for each channel');
        // Between channels there is no order: a cluster of servers has a connection for each.
        const names = delivered.map(({ channel, text }) => (channel === text ? channel : `${channel} got ${text}`));
        expect(names.toSorted()).toEqual(channels.toSorted());
        expect(b.inbox.size).toBe(0);
      }),
    );

    it(
      'takes a tick’s work for many channels in one call',
      two(async (a, b) => {
        const channels = Array.from({ length: 500 }, randomChannel);
        await Promise.all(channels.map((channel) => b.broker.subscribe(channel)));
        await a.broker.publish(channels.map((channel) => ({ channel, texts: ['1', '2'] })));
        const delivered = await b.inbox.take(channels.length * 2, 'two texts for each channel');
        for (const channel of channels) {
          expect(delivered.filter((delivery) => delivery.channel === channel).map((delivery) => delivery.text)).toEqual(
            ['1', '2'],
          );
        }
      }),
    );

    it(
      'subscribes to one channel after the other, while those before are on their way, as clients come',
      two(async (a, b) => {
        const channels = Array.from({ length: 300 }, randomChannel);
        const subscribed: Promise<void>[] = [];
        for (const channel of channels) {
          subscribed.push(b.broker.subscribe(channel));
          await new Promise(setImmediate);
        }
        await Promise.all(subscribed);
        await a.broker.publish(channels.map((channel) => ({ channel, texts: ['here'] })));
        const delivered = await b.inbox.take(channels.length, 'one text for each channel');
        expect(delivered.map(({ channel }) => channel).toSorted()).toEqual(channels.toSorted());
      }),
    );

    it(
      'delivers once however often a channel was subscribed to, and nothing after one unsubscribe',
      two(async (a, b) => {
        const [channel, marker] = [randomChannel(), randomChannel()];
        await b.broker.subscribe(marker);
        await b.broker.subscribe(channel);
        await b.broker.subscribe(channel);
        await a.broker.publish([
          { channel, texts: ['once'] },
          { channel: marker, texts: ['end'] },
        ]);
        expect((await b.inbox.take(2, 'one text and the marker')).length).toBe(2);
        await b.broker.unsubscribe(channel);
        await b.broker.unsubscribe(channel);
        await a.broker.publish([
          { channel, texts: ['late'] },
          { channel: marker, texts: ['end'] },
        ]);
        expect(await b.inbox.next('the marker alone')).toEqual({ channel: marker, text: 'end' });
        expect(b.inbox.size).toBe(0);
      }),
    );

    it(
      'misses nothing published after a subscribe resolved, however often it is repeated',
      two(async (a, b) => {
        const channel = randomChannel();
        for (let round = 0; round < 50; round++) {
          await b.broker.subscribe(channel);
          await a.broker.publish([{ channel, texts: [String(round)] }]);
          expect(await b.inbox.next(`round ${round}`)).toEqual({ channel, text: String(round) });
          await b.broker.unsubscribe(channel);
        }
      }),
    );

    it(
      'misses and doubles nothing however subscribing and unsubscribing overlap, if a subscribe came last',
      two(async (a, b) => {
        const channel = randomChannel();
        for (let round = 0; round < 50; round++) {
          const steps = [b.broker.subscribe(channel), b.broker.unsubscribe(channel), b.broker.subscribe(channel)];
          await Promise.all(steps);
          await a.broker.publish([{ channel, texts: [String(round)] }]);
          expect(await b.inbox.next(`round ${round}`)).toEqual({ channel, text: String(round) });
          await Promise.all([b.broker.unsubscribe(channel), b.broker.unsubscribe(channel)]);
          await a.broker.publish([{ channel, texts: ['unheard'] }]);
        }
        expect(b.inbox.size).toBe(0);
      }),
    );

    it('can be closed before it was started, and again', async () => {
      const service = await start();
      const broker = service.broker();
      await broker.close();
      await broker.close();
      expect(broker.health().state).toBe('down');
      await service.stop();
    });

    it('says so in time where its service can not be reached, and can be closed then', async () => {
      const service = await start();
      const broker = service.unreachable?.();
      if (broker !== undefined) {
        const began = performance.now();
        const refusal: unknown = await broker.start(IGNORED_EVENTS).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(refusal instanceof RealtimeError && refusal.code).toBe('BROKER_DOWN');
        expect(performance.now() - began < START_WITHIN_MS).toBe(true);
        expect(broker.health().state).toBe('down');
        await broker.close();
      }
      await service.stop();
    });

    it(
      'is up once it started, and can be closed twice',
      one(async ({ broker }) => {
        expect(broker.health().state).toBe('up');
        await broker.close();
        await broker.close();
        expect(broker.health().state).toBe('down');
      }),
    );

    it(
      'tells about its service where it can, and where that is',
      one(async ({ broker }) => {
        expect(broker.target === undefined || broker.target.length > 0).toBe(true);
        const report = await broker.inspect?.();
        if (report === undefined) return;
        const { service, shape, restart, findings } = report;
        const texts = [service, shape, restart.detail, ...findings.flatMap(({ what, remedy }) => [what, remedy])];
        for (const text of texts) expect(text.length > 0 && !/[\r\n]/.test(text)).toBe(true);
        expect(['kept', 'partly', 'lost', 'unknown'].includes(restart.outcome)).toBe(true);
        for (const { severity } of findings) {
          expect(['problem', 'warning', 'unknown'].includes(severity)).toBe(true);
        }
        expect(broker.health().state).toBe('up');
      }),
    );

    it(
      'reports nothing after it was closed, and leaves the others alone',
      two(async (a, b) => {
        const channel = randomChannel();
        await a.broker.subscribe(channel);
        await b.broker.subscribe(channel);
        await b.broker.close();
        await a.broker.publish([{ channel, texts: ['after'] }]);
        expect(await a.inbox.next('the copy of the node that is left')).toEqual({ channel, text: 'after' });
        expect(b.inbox.size).toBe(0);
      }),
    );
  });

  testStall(runner, name, start);
}

async function startNode(broker: Broker): Promise<Node> {
  const inbox = new Inbox<Delivery>();
  await broker.start({
    ...IGNORED_EVENTS,
    message: (channel, texts) => texts.forEach((text) => inbox.push({ channel, text })),
  });
  return { broker, inbox };
}

function randomChannel(): string {
  return `test.${randomBytes(8).toString('hex')}`;
}

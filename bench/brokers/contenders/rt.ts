import { natsBroker } from '@rt/broker-nats';
import { rabbitmqBroker } from '@rt/broker-rabbitmq';
import { redisBroker } from '@rt/broker-redis';
import { Realtime } from '@rt/core';
import type { Broker, Link, Transport, TransportHost } from '@rt/core';
import type { Arrived, Contender, Sender, ServiceName } from '../contender.ts';

const BROKERS: Readonly<Record<ServiceName, (options: { url: string; namespace: string }) => Broker>> = {
  redis: redisBroker,
  nats: natsBroker,
  rabbitmq: rabbitmqBroker,
};

/** One client of a node, without a socket: it counts what core would write. */
class CountingTransport implements Transport {
  readonly name = 'counting';
  readonly #arrived: Arrived;
  #host: TransportHost | undefined;

  constructor(arrived: Arrived) {
    this.#arrived = arrived;
  }

  attach(host: TransportHost): void {
    this.#host = host;
  }

  async close(): Promise<void> {
    // The process ends with it.
  }

  /** Connects and subscribes; resolves when every subscription is confirmed. */
  async subscribe(channels: readonly string[]): Promise<void> {
    const ready = Promise.withResolvers<void>();
    const confirmed = Promise.withResolvers<void>();
    let waiting = channels.length;
    const count = (frames: readonly string[]): void => {
      // Once it is subscribed, little else comes: now and then a ping, which a client answers.
      if (waiting === 0 && frames[0]!.startsWith('["m"')) return this.#arrived(frames);
      for (const frame of frames) {
        if (frame.startsWith('["m"')) this.#arrived([frame]);
        else if (frame === '["ping"]') setImmediate(() => session.receive(frame));
        else if (frame.startsWith('["ready"')) ready.resolve();
        else if (frame.startsWith('["sub"') && --waiting === 0) confirmed.resolve();
        else if (frame.startsWith('["err"')) confirmed.reject(new Error(frame));
      }
    };
    const link: Link = {
      // As the WebSocket transport: all frames of a tick are one piece.
      encoding: {
        name: 'counting',
        encode: (frames, lines) => {
          count(frames);
          return Buffer.from(lines);
        },
      },
      bufferedBytes: 0,
      write: () => undefined,
      close: (_code, reason) => {
        confirmed.reject(new Error(reason));
        if (waiting > 0) return;
        // This ends the process, and with it the measurement.
        setImmediate(() => {
          throw new Error(`the client was sent away: ${reason}`);
        });
      },
    };
    const session = this.#host!.open(link, { headers: {}, url: '/', address: '127.0.0.1' });
    session.receive(JSON.stringify(['connect', 1, 'a'.repeat(22), null, []]));
    await ready.promise;
    for (let index = 0; index < channels.length; index++) {
      session.receive(JSON.stringify(['sub', index + 1, channels[index]]));
    }
    await confirmed.promise;
  }
}

/** Two of our nodes: `broadcast()` on one, a client's link on the other. */
export function rt(service: ServiceName, keeps: boolean): Contender {
  const namespace = keeps ? 'bench-log' : 'bench-bus';
  const options = {
    channels: keeps ? {} : { '*': { history: false as const } },
    limits: { maxChannels: 100_000, messageBurst: 1_000_000 },
  };
  return {
    async sender(url): Promise<Sender> {
      const realtime = new Realtime({ ...options, broker: BROKERS[service]({ url, namespace }) });
      await realtime.start();
      return {
        broadcast: (channel, data) => realtime.broadcast(channel, 'm', data),
        newest: async (channel) => (await realtime.channel(channel).history({ limit: 1 })).messages.at(-1)?.data,
      };
    },
    async receiver(url, channels, arrived) {
      const transport = new CountingTransport(arrived);
      const broker = BROKERS[service]({ url, namespace });
      const realtime = new Realtime({ ...options, broker, transports: [transport] });
      await realtime.start();
      await transport.subscribe(channels);
    },
  };
}

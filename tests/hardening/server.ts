import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { expect, onTestFinished } from 'vitest';
import { RawClient, randomName } from './raw-client.ts';

export const API_KEY = 'a-key-of-the-tests-no-secret';

/** A server in this process. */
export interface TestServer {
  readonly realtime: Realtime;
  readonly port: number;
  readonly url: string;
}

/**
 * A `Realtime` with every transport of the network on a free port, where clients may send everywhere. Ends with the test, which fails
 * when something was thrown that nobody caught.
 */
export async function startServer(options: RealtimeOptions = {}): Promise<TestServer> {
  failOnUncaught();
  const realtime = new Realtime({
    transports: [websocket(), sse(), longPolling()],
    channels: { '*': { send: true } },
    apiKey: API_KEY,
    logger: false,
    ...options,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  return { realtime, port, url: `http://127.0.0.1:${port}` };
}

/** Somebody who does nothing wrong, and must not notice what others do. */
export class HonestClient {
  readonly client: RawClient;
  readonly channel: string;
  readonly #port: number;

  private constructor(port: number, client: RawClient, channel: string) {
    this.#port = port;
    this.client = client;
    this.channel = channel;
  }

  static async join(port: number): Promise<HonestClient> {
    const client = await RawClient.open(port);
    const channel = randomName();
    await client.subscribe(channel);
    return new HonestClient(port, client, channel);
  }

  /** The time in milliseconds that a message takes from the HTTP API to this client. */
  async latencyMs(): Promise<number> {
    const startedAt = performance.now();
    const answer = await postBroadcast(
      this.#port,
      JSON.stringify({ channel: this.channel, event: 'tick', data: startedAt }),
    );
    expect(answer.status).toBe(200);
    await this.client.received.next('the honest message', (frame) => frame[0] === 'm' && frame[4] === startedAt);
    return performance.now() - startedAt;
  }

  /** Fails unless this client is connected, got nothing that was not meant for it, and still gets messages. */
  async isUnaffected(): Promise<void> {
    await this.latencyMs();
    expect(this.client.received.takeAll().filter((frame) => frame[0] !== 'ping')).toEqual([]);
  }
}

/** Calls the HTTP API with the tests' key. */
export async function postBroadcast(
  port: number,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}/realtime/api/v1/broadcast`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/json',
      // A server that slept ends a kept connection when it wakes up, before it reads what came on it.
      connection: 'close',
    },
    body,
  });
  return { status: response.status, body: await response.json() };
}

function failOnUncaught(): void {
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  onTestFinished(() => {
    process.off('uncaughtException', onUncaught);
    process.off('unhandledRejection', onUncaught);
    expect(uncaught).toEqual([]);
  });
}

import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectFrame } from '../../hardening/raw-client.ts';
import { ServerChild } from '../../hardening/server-child.ts';
import { HonestClient, postBroadcast } from '../../hardening/server.ts';
import { within } from '../../hardening/deadline.ts';
import { figure } from '../cluster/figure.ts';

const STREAMS = 10_000;
const AT_ONCE = 100;

/** A stream read from a bare socket, which keeps nothing but what it waits for. */
class BareStream {
  readonly socket: Socket;
  #tail = '';
  #wanted: { readonly text: string; readonly found: () => void } | undefined;

  constructor(port: number, body: string) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.on('data', (bytes) => this.#read(bytes.toString('latin1')));
    this.socket.write(
      `POST /realtime/sse HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  /** Resolves when `text` comes from now on. */
  has(text: string): Promise<void> {
    this.#tail = '';
    return new Promise((resolve, reject) => {
      this.#wanted = { text, found: resolve };
      this.socket.once('error', reject);
      this.socket.once('close', () => reject(new Error('the stream ended')));
    });
  }

  #read(text: string): void {
    if (this.#wanted === undefined) return;
    this.#tail += text;
    if (!this.#tail.includes(this.#wanted.text)) return;
    this.#wanted.found();
    this.#wanted = undefined;
    this.#tail = '';
  }
}

it(
  `${STREAMS} streams of server-sent events on one process are open together, and all get a message`,
  { timeout: 300_000 },
  async () => {
    const child = await ServerChild.start();
    const honest = await HonestClient.join(child.port);
    const channel = randomUUID();
    const streams: BareStream[] = [];
    onTestFinished(() => {
      for (const { socket } of streams) socket.destroy();
    });
    const startedAt = performance.now();
    while (streams.length < STREAMS) {
      const opened = Array.from({ length: AT_ONCE }, () => {
        return new BareStream(child.port, connectFrame({ resume: [[channel, null]] }));
      });
      streams.push(...opened);
      await within(30_000, 'the subscriptions', Promise.all(opened.map((stream) => stream.has('["sub",0,'))));
    }
    figure('SSE', `to open ${STREAMS} streams, s`, (performance.now() - startedAt) / 1_000, '–');
    for (const text of ['to all of them', 'and again']) {
      const arrived = Promise.all(streams.map((stream) => stream.has(text)));
      const publishedAt = performance.now();
      const { status } = await postBroadcast(child.port, JSON.stringify({ channel, event: 'said', data: text }));
      expect(status).toBe(200);
      await within(30_000, 'the message everywhere', arrived);
      figure('SSE', `a message to ${STREAMS} streams, ms`, performance.now() - publishedAt, '–');
    }
    await honest.isUnaffected();
  },
);

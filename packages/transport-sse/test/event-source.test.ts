import type { LifecycleEvents, Realtime } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { EventSource } from 'eventsource';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from './start-server.ts';

interface Heard {
  readonly type: string;
  readonly data: unknown;
  readonly id: string;
}

/** An `EventSource` of the package, what it heard, and what it asked with. */
class Listener {
  readonly source: EventSource;
  readonly heard = new Inbox<Heard>();
  /** How the connection failed: its HTTP status, and whether it will be tried again. */
  readonly errors = new Inbox<{ readonly status: number | undefined; readonly comesBack: boolean }>();
  /** The `Last-Event-ID` of each request. */
  readonly asked: (string | null)[] = [];
  readonly #opened = new Inbox<unknown>();

  constructor(url: string, types: readonly string[], headers: Record<string, string> = {}) {
    this.source = new EventSource(url, {
      fetch: (input, init) => {
        const all = new Headers({ ...init.headers, ...headers });
        this.asked.push(all.get('last-event-id'));
        return fetch(input, { ...init, headers: all });
      },
    });
    onTestFinished(() => this.source.close());
    this.source.addEventListener('open', (event) => this.#opened.push(event));
    this.source.addEventListener('error', ({ code }) => {
      this.errors.push({ status: code, comesBack: this.source.readyState !== EventSource.CLOSED });
    });
    for (const type of types) {
      this.source.addEventListener(type, (event) => {
        const { data, lastEventId: id } = event as MessageEvent<string>;
        this.heard.push({ type, data: JSON.parse(data) as unknown, id });
      });
    }
  }

  async opened(): Promise<void> {
    await this.#opened.next('the opening');
  }

  async data(count: number): Promise<unknown[]> {
    return (await this.heard.take(count, 'events')).map(({ data }) => data);
  }
}

async function publish(realtime: Realtime, from: number, to: number): Promise<string> {
  let place = '';
  for (let n = from; n < to; n++) place = (await realtime.broadcast('news', 'n', n)).cursor ?? '';
  return place;
}

/** The connections of `realtime`, as they come. */
function connections(realtime: Realtime): Inbox<LifecycleEvents['connected']> {
  const inbox = new Inbox<LifecycleEvents['connected']>();
  realtime.on('connected', (event) => inbox.push(event));
  return inbox;
}

describe('an EventSource', () => {
  it('comes back after its connection ended, with the id of what it heard last, and misses nothing', async () => {
    const { realtime, url } = await startServer();
    const connected = connections(realtime);
    const listener = new Listener(`${url}?channel=news`, ['n']);
    await listener.opened();
    const place = await publish(realtime, 0, 5);
    expect(await listener.data(5)).toEqual([0, 1, 2, 3, 4]);
    const { connection } = await connected.next('the connection');
    await realtime.disconnect({ connection: connection.id }, { code: 4000 });
    expect(await listener.errors.next('the end')).toEqual({ status: undefined, comesBack: true });
    await publish(realtime, 5, 10);
    expect(await listener.data(5)).toEqual([5, 6, 7, 8, 9]);
    expect(listener.asked).toEqual([null, place]);
  });

  it('comes back where it began if nothing was said before its connection ended', async () => {
    const { realtime, url } = await startServer();
    const connected = connections(realtime);
    const listener = new Listener(`${url}?channel=news`, ['n']);
    await listener.opened();
    const { connection } = await connected.next('the connection');
    await realtime.disconnect({ connection: connection.id }, { code: 4000 });
    await listener.errors.next('the end');
    await publish(realtime, 0, 3);
    expect(await listener.data(3)).toEqual([0, 1, 2]);
  });

  it('hears of a gap where what it missed is no longer kept', async () => {
    const { realtime, url } = await startServer({ channels: { news: { history: { size: 2, ttlMs: 60_000 } } } });
    const connected = connections(realtime);
    const listener = new Listener(`${url}?channel=news`, ['n', 'rt.gap', 'rt.close']);
    await listener.opened();
    await publish(realtime, 0, 1);
    expect(await listener.data(1)).toEqual([0]);
    await realtime.disconnect({ connection: (await connected.next('the connection')).connection.id }, { code: 4000 });
    expect(await listener.heard.next('the end')).toMatchObject({ type: 'rt.close', data: 4000 });
    await publish(realtime, 1, 300);
    expect(await listener.heard.next('the gap')).toMatchObject({ type: 'rt.gap', data: { reason: 'expired' } });
    let last: unknown;
    while (last !== 299) [last] = await listener.data(1);
  });

  it('stops where it is refused, instead of asking for ever', async () => {
    const { realtime, url } = await startServer({ authenticate: () => ({ id: 'ann' }) });
    let allowed = true;
    realtime.authorize('private-news', () => allowed);
    const never = new Listener(`${url}?channel=private-sport`, []);
    expect(await never.errors.next('the refusal')).toEqual({ status: 403, comesBack: false });
    const listener = new Listener(`${url}?channel=private-news`, ['rt.close']);
    await listener.opened();
    allowed = false;
    await realtime.user('ann').reauthorize();
    expect(await listener.heard.next('the end')).toMatchObject({ type: 'rt.close', data: 4502 });
    expect(await listener.errors.next('the end')).toEqual({ status: undefined, comesBack: true });
    expect(await listener.errors.next('the refusal')).toEqual({ status: 403, comesBack: false });
    expect(listener.asked).toHaveLength(2);
  });

  it('is who its cookie says, and hears what is private', async () => {
    const { realtime, url } = await startServer({
      authenticate: ({ request }) => (request.headers.cookie === 'session=of-ann' ? { id: 'ann' } : undefined),
      anonymous: false,
    });
    realtime.authorize('private-news', ({ user }) => user?.id === 'ann');
    const nobody = new Listener(`${url}?channel=private-news`, []);
    expect(await nobody.errors.next('the refusal')).toEqual({ status: 401, comesBack: false });
    const listener = new Listener(`${url}?channel=private-news`, ['secret'], { cookie: 'session=of-ann' });
    await listener.opened();
    const { cursor } = await realtime.broadcast('private-news', 'secret', 'x');
    expect(await listener.heard.next('the secret')).toEqual({ type: 'secret', data: 'x', id: cursor });
  });

  it('of an allowed page may read the answer, and of another is refused', async () => {
    const { url } = await startServer({ allowedOrigins: ['https://app.example.com'] });
    const allowed = await fetch(`${url}?channel=news`, { headers: { origin: 'https://app.example.com' } });
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    await allowed.body?.cancel();
    const other = await fetch(`${url}?channel=news`, { headers: { origin: 'https://evil.example' } });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});

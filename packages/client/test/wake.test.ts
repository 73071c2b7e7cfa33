import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';
import type { Scene } from './open-client.ts';

/** A window and its document, as far as the client uses them. */
class Page {
  readonly window = new EventTarget();
  readonly document = Object.assign(new EventTarget(), { hidden: false });
  readonly listening = new Set<string>();

  constructor() {
    for (const target of [this.window, this.document]) {
      const add = target.addEventListener.bind(target);
      target.addEventListener = (type, listener, options) => {
        this.listening.add(type);
        const signal = typeof options === 'object' ? options.signal : undefined;
        signal?.addEventListener('abort', () => this.listening.delete(type));
        add(type, listener, options);
      };
    }
  }
}

const NEVER = { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 };
let page: Page;

beforeEach(() => {
  page = new Page();
  vi.stubGlobal('addEventListener', page.window.addEventListener.bind(page.window));
  vi.stubGlobal('document', page.document);
});

afterEach(() => vi.unstubAllGlobals());

async function waitingClient(): Promise<Scene> {
  const scene = await openClient({ backoff: NEVER });
  scene.peer.close();
  await scene.states.find((change) => change.state === 'waiting');
  return scene;
}

it('reconnects at once when the network is back', async () => {
  const { server } = await waitingClient();
  page.window.dispatchEvent(new Event('online'));
  await (await server.peers.next()).accept();
});

it('reconnects at once when the page is shown again', async () => {
  const { server } = await waitingClient();
  page.window.dispatchEvent(new Event('pageshow'));
  await (await server.peers.next()).accept();
});

it('reconnects at once when the tab becomes visible, not when it is hidden', async () => {
  const { client, server } = await waitingClient();
  page.document.hidden = true;
  page.document.dispatchEvent(new Event('visibilitychange'));
  expect(client.state).toBe('waiting');
  page.document.hidden = false;
  page.document.dispatchEvent(new Event('visibilitychange'));
  await (await server.peers.next()).accept();
});

it('stays waiting when the network goes', async () => {
  const { client } = await waitingClient();
  page.window.dispatchEvent(new Event('offline'));
  expect(client.state).toBe('waiting');
});

it.each(['online', 'offline'])('asks an open connection for a sign of life when the browser says %s', async (type) => {
  const { client, peer } = await openClient();
  page.window.dispatchEvent(new Event(type));
  page.window.dispatchEvent(new Event(type));
  expect(await peer.frame('ping')).toEqual(['ping']);
  peer.send(['pong'], ['direct', 'hello', null]);
  await new Promise((resolve) => client.direct.once('hello', resolve));
  expect([client.state, peer.frames.size]).toEqual(['open', 0]);
});

it('drops a connection that gives no sign of life, and reconnects', async () => {
  const { peer, server, states } = await openClient({ heartbeat: { probeMs: 20 } });
  await states.find((change) => change.state === 'open');
  page.window.dispatchEvent(new Event('online'));
  const change = await states.next();
  expect([change.state, change.error?.code]).toEqual(['waiting', 'HEARTBEAT_MISSED']);
  expect(await peer.closed).toBe(4000);
  await (await server.peers.next()).accept();
});

it('takes its listeners off when it is closed', async () => {
  const { client } = await openClient();
  expect([...page.listening].toSorted()).toEqual(['offline', 'online', 'pageshow', 'visibilitychange']);
  client.close();
  expect([...page.listening]).toEqual([]);
});

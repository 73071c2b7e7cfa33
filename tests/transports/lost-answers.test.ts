import { expect, it } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { HttpProxy } from './http-proxy.ts';
import { newClient, startNode } from './nodes.ts';

const MESSAGES = 300;

it(`H1: ${MESSAGES} of ${MESSAGES} messages and no double, with 10 % of the poll answers cut`, async () => {
  const { realtime, url } = await startNode();
  const proxy = await HttpProxy.start(url);
  const client = newClient(proxy.url, { transports: ['longpolling'] });
  const states: unknown[] = [];
  const channel = randomName();
  const heard: unknown[] = [];
  const arrived = new Inbox<unknown>();
  const subscription = client.subscribe(channel);
  subscription.on('n', (data) => {
    heard.push(data);
    arrived.push(data);
  });
  await subscription.subscribed;
  client.on('state', (change) => states.push(change));
  proxy.lostPolls = 0.1;
  for (let n = 0; n < MESSAGES; n++) {
    await realtime.broadcast(channel, 'n', n);
    // One answer each, so that there are many to lose.
    await arrived.next(`message ${n}`, () => true, 9_000);
  }
  expect(heard).toEqual(Array.from({ length: MESSAGES }, (_, n) => n));
  expect(proxy.lost).toBeGreaterThan(5);
  // One session all the time: nothing of this was got back by a reconnect.
  expect(states).toEqual([]);
});

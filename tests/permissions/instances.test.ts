import type { Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { newInstance, RawClient, randomName } from '../hardening/raw-client.ts';
import { API_KEY, postBroadcast, startServer } from '../hardening/server.ts';
import { authenticate, TOKENS } from './people.ts';

const ID = 'one-publish-id';

/** What a channel keeps. */
async function kept(realtime: Realtime, channel: string): Promise<unknown[]> {
  return (await realtime.channel(channel).history()).messages.map(({ data }) => data);
}

describe('W3: the excluded instance', () => {
  it('does not get its own message in a replay after a reconnect, and others do', async () => {
    const { port } = await startServer({ authenticate });
    const channel = randomName();
    const instance = newInstance();
    const sender = await RawClient.open(port, { token: TOKENS.ann!, instance });
    const reader = await RawClient.open(port);
    const cursor = await sender.subscribe(channel);
    const readerCursor = await reader.subscribe(channel);
    const answer = await sender.request('send', channel, 'event', 'mine');
    expect(await sender.framesOf(channel)).toEqual([['skip', channel, answer[2]]]);
    await reader.request('send', channel, 'event', 'theirs');
    sender.raw.socket.destroy();
    reader.raw.socket.destroy();
    const back = await RawClient.open(port, { token: TOKENS.ann!, instance, resume: [[channel, cursor]] });
    const frames = await back.framesOf(channel);
    expect(frames.map((frame) => [frame[0], frame[0] === 'skip' ? frame[2] : frame[4]])).toEqual([
      ['skip', answer[2]],
      ['m', 'theirs'],
    ]);
    const other = await RawClient.open(port, { resume: [[channel, readerCursor]] });
    expect(await other.dataOf(channel)).toEqual(['mine', 'theirs']);
    // Another program of the same user is another instance.
    const laptop = await RawClient.open(port, { token: TOKENS.ann!, resume: [[channel, cursor]] });
    expect(await laptop.dataOf(channel)).toEqual(['mine', 'theirs']);
  });

  it('is the one that the server or the HTTP API names with its user, also for a message sent while it is away', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const instance = newInstance();
    const before = await RawClient.open(port, { token: TOKENS.ann!, instance });
    const cursor = await before.subscribe(channel);
    before.raw.socket.destroy();
    await realtime.broadcast(channel, 'event', 'server', { except: { instance, user: 'ann' } });
    const body = { channel, event: 'event', data: 'http', except: { instance, user: 'ann' } };
    expect((await postBroadcast(port, JSON.stringify(body))).status).toBe(200);
    await realtime.broadcast(channel, 'event', 'for all');
    const after = await RawClient.open(port, { token: TOKENS.ann!, instance, resume: [[channel, cursor]] });
    expect(await after.dataOf(channel)).toEqual(['for all']);
  });

  it('can be named over the HTTP API for every user id that authenticate may give', async () => {
    const id = 'a'.repeat(159);
    const { port } = await startServer({ authenticate: ({ token }) => (token === undefined ? undefined : { id }) });
    const channel = randomName();
    const instance = newInstance();
    const client = await RawClient.open(port, { token: 'any', instance });
    await client.subscribe(channel);
    const body = { channel, event: 'event', except: { instance, user: id } };
    expect((await postBroadcast(port, JSON.stringify(body))).status).toBe(200);
    expect(await client.dataOf(channel)).toEqual([]);
  });

  it('is not excluded by somebody else who claims it, guesses at it, or names it without or with another user', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const instance = newInstance();
    const ann = await RawClient.open(port, { token: TOKENS.ann!, instance });
    await ann.subscribe(channel);
    const mallories = [
      await RawClient.open(port, { token: TOKENS.bob!, instance }),
      await RawClient.open(port, { instance }),
      await RawClient.open(port, {
        token: TOKENS.bob!,
        instance: instance.slice(0, -1) + (instance.endsWith('A') ? 'B' : 'A'),
      }),
    ];
    for (const [index, mallory] of mallories.entries()) {
      expect((await mallory.request('send', channel, 'event', `mallory ${index}`))[0]).toBe('ok');
    }
    for (const except of [{ instance }, { instance, user: 'bob' }, { instance, user: '' }, { instance: 'x' }]) {
      await realtime.broadcast(channel, 'event', 'except', { except });
    }
    expect(await ann.dataOf(channel)).toEqual([
      'mallory 0',
      'mallory 1',
      'mallory 2',
      'except',
      'except',
      'except',
      'except',
    ]);
  });

  it('never travels: no frame to anybody, no answer and nothing kept has it or its hash', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const instance = newInstance();
    const texts: string[] = [];
    const hear = (client: RawClient): void => {
      client.raw.socket.on('data', (bytes: Buffer) => texts.push(bytes.toString('latin1')));
    };
    const ann = await RawClient.open(port, { token: TOKENS.ann!, instance });
    const bob = await RawClient.open(port, { token: TOKENS.bob! });
    hear(ann);
    hear(bob);
    const cursor = await bob.subscribe(channel);
    await ann.subscribe(channel);
    const [connection] = await realtime.user('ann').connections();
    await ann.request('send', channel, 'event', 0, ID);
    await realtime.broadcast(channel, 'event', 0, { except: connection! });
    await realtime.broadcast(channel, 'event', 0, { except: { instance, user: 'ann' } });
    await ann.request('history', channel, { limit: 100 });
    await bob.request('history', channel, { limit: 100 });
    const back = await RawClient.open(port, { resume: [[channel, cursor]] });
    texts.push(JSON.stringify(await back.framesOf(channel)));
    texts.push(JSON.stringify(await realtime.channel(channel).history()));
    for (const path of ['live', 'ready', 'nowhere', `ws?instance=${instance}`]) {
      texts.push(await (await fetch(`http://127.0.0.1:${port}/realtime/${path}`)).text());
    }
    await bob.roundTrip();
    await ann.roundTrip();
    const { instanceHash } = connection as unknown as { instanceHash: string };
    expect(instanceHash).toHaveLength(22);
    expect(texts.join('\n')).toContain(channel);
    for (const secret of [instance, instanceHash, API_KEY]) expect(texts.join('\n')).not.toContain(secret);
  });
});

describe('W3: publish ids', () => {
  it('of one instance can not be burned by another user, by nobody, or by another program of the same user', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const instance = newInstance();
    const opening = [
      { token: TOKENS.bob!, instance },
      { instance },
      { token: TOKENS.ann! },
      { token: TOKENS.ann!, instance },
    ].map((options) => RawClient.open(port, options));
    const clients = await Promise.all(opening);
    const cursors = new Set<unknown>();
    for (const [index, client] of clients.entries()) {
      const answer = await client.request('send', channel, 'event', index, ID);
      expect(answer[0]).toBe('ok');
      cursors.add(answer[2]);
    }
    expect(cursors.size).toBe(4);
    await realtime.broadcast(channel, 'event', 'server', { id: ID });
    expect(await kept(realtime, channel)).toEqual([0, 1, 2, 3, 'server']);
  });

  it('of the server can not be burned by a client', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const client = await RawClient.open(port);
    for (const id of [ID, 'null', `${ID} 1`]) await client.request('send', channel, 'event', 'client', id);
    const first = await realtime.broadcast(channel, 'event', 'server', { id: ID });
    const second = await realtime.broadcast(channel, 'event', 'server again', { id: ID });
    expect(second.cursor).toBe(first.cursor);
    expect(await kept(realtime, channel)).toEqual(['client', 'client', 'client', 'server']);
  });
});

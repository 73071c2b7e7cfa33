import { RealtimeError } from '@rt/client';
import { describe, expect, it } from 'vitest';
import { newClient, openClient } from './open-client.ts';

/** How a promise rejects. */
async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    ({ code }: RealtimeError) => code,
  );
}

describe('call()', () => {
  it('resolves with what the method answers, in whatever order', async () => {
    const { client, peer } = await openClient();
    const calls = [client.call('rooms.search', { q: 'x' }), client.call('ping')];
    const [first, second] = [await peer.frame('call'), await peer.frame('call')];
    expect([first.slice(2), second.slice(2)]).toEqual([
      ['rooms.search', { q: 'x' }],
      ['ping', null],
    ]);
    peer.send(['ok', second[1]], ['ok', first[1], [{ id: '1' }]]);
    expect(await Promise.all(calls)).toEqual([[{ id: '1' }], undefined]);
  });

  it('rejects with what the method refuses with', async () => {
    const { client, peer } = await openClient();
    const call = client.call('find');
    peer.send(['err', (await peer.frame('call'))[1], 'FORBIDDEN', 'only on Sundays', { day: 0 }]);
    await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'only on Sundays', detail: { day: 0 } });
  });

  it('connects, and waits for it', async () => {
    const { client, server } = await newClient();
    const call = client.call('find');
    const peer = await server.peers.next();
    await peer.accept();
    peer.send(['ok', (await peer.frame('call'))[1], 7]);
    expect(await call).toBe(7);
  });

  it('comes again where the server asks for a pause', async () => {
    const { client, peer } = await openClient();
    const call = client.call('find');
    peer.send(['err', (await peer.frame('call'))[1], 'RATE_LIMITED', 'too many', { retryAfterMs: 1 }]);
    peer.send(['ok', (await peer.frame('call'))[1], 7]);
    expect(await call).toBe(7);
  });

  it('takes the call back when its time is over', async () => {
    const { client, peer } = await openClient();
    const code = codeOf(client.call('find', null, { timeoutMs: 20 }));
    const [, n] = await peer.frame('call');
    expect(await code).toBe('DEADLINE');
    expect(await peer.frame('cancel')).toEqual(['cancel', n]);
    // What comes later is for nobody.
    peer.send(['err', n, 'RATE_LIMITED', 'too many', { retryAfterMs: 0 }], ['ok', n, 7]);
    const next = client.call('next');
    expect((await peer.frame('call'))[2]).toBe('next');
    client.close();
    expect(await codeOf(next)).toBe('OUTCOME_UNKNOWN');
  });

  it('waits longer than other requests where it is told to', async () => {
    const { client, peer } = await openClient({ timeoutMs: 1 });
    const call = client.call('find', null, { timeoutMs: 10_000 });
    const [, n] = await peer.frame('call');
    expect(await codeOf(client.call('other'))).toBe('DEADLINE');
    peer.send(['ok', n, 7]);
    expect(await call).toBe(7);
  });

  it('never leaves where its time is over before there is a connection', async () => {
    const { client, server } = await newClient();
    const code = codeOf(client.call('find', null, { timeoutMs: 5 }));
    const next = client.call('next');
    const peer = await server.peers.next();
    expect(await code).toBe('DEADLINE');
    await peer.accept();
    const [, n, name] = await peer.frame('call');
    expect(name).toBe('next');
    peer.send(['ok', n]);
    await next;
  });

  it('takes the call back when its signal aborts', async () => {
    const { client, peer } = await openClient();
    const abort = new AbortController();
    const call = client.call('find', null, { signal: abort.signal });
    const [, n] = await peer.frame('call');
    const reason = new Error('the page was left');
    abort.abort(reason);
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(await peer.frame('cancel')).toEqual(['cancel', n]);
  });

  it('never leaves where its signal was aborted before', async () => {
    const { client, server } = await newClient();
    const call = client.call('find', null, { signal: AbortSignal.abort() });
    expect(await codeOf(call)).toBe('CANCELLED');
    const next = client.call('next');
    const peer = await server.peers.next();
    await peer.accept();
    const [, n, name] = await peer.frame('call');
    expect(name).toBe('next');
    peer.send(['ok', n]);
    await next;
  });

  it('is OUTCOME_UNKNOWN where the connection goes before the answer comes', async () => {
    const { client, server, peer } = await openClient();
    const call = client.call('find');
    await peer.frame('call');
    peer.close();
    expect(await codeOf(call)).toBe('OUTCOME_UNKNOWN');
    const next = await server.peers.next();
    await next.accept();
    const other = client.call('other');
    const [, n, name] = await next.frame('call');
    expect(name).toBe('other');
    next.send(['ok', n]);
    await other;
  });

  it('that is idempotent is called again on the next connection', async () => {
    const { client, server, peer } = await openClient();
    const call = client.call('find', { q: 1 }, { idempotent: true });
    await peer.frame('call');
    peer.close();
    const next = await server.peers.next();
    await next.accept();
    const [, n, ...what] = await next.frame('call');
    expect(what).toEqual(['find', { q: 1 }]);
    next.send(['ok', n, 7]);
    expect(await call).toBe(7);
  });

  it('that is idempotent is not called again once it was taken back', async () => {
    const { client, server, peer } = await openClient();
    const abort = new AbortController();
    const call = client.call('find', null, { idempotent: true, signal: abort.signal });
    await peer.frame('call');
    peer.close();
    const next = await server.peers.next();
    abort.abort();
    expect(await codeOf(call)).toBe('CANCELLED');
    await next.accept();
    const other = client.call('other');
    const [, n, name] = await next.frame('call');
    expect(name).toBe('other');
    next.send(['ok', n]);
    await other;
  });

  it.each<[string, (client: Awaited<ReturnType<typeof openClient>>['client']) => Promise<unknown>]>([
    ['INVALID_DATA', (client) => client.call('find', 1n)],
    ['TOO_LARGE', (client) => client.call('find', 'x'.repeat(70_000))],
    ['BAD_OPTION', (client) => client.call('find', null, { timeoutMs: -1 })],
    ['CLOSED', (client) => (client.close(), client.call('find'))],
  ])('rejects with %s before it is called', async (code, call) => {
    const { client } = await openClient();
    expect(await codeOf(call(client))).toBe(code);
  });
});

describe('respond()', () => {
  it('answers what the server asks', async () => {
    const { client, peer } = await openClient();
    client.respond('confirm', async (data) => ({ got: data }));
    client.respond('nothing', () => undefined);
    peer.send(['call', 1, 'confirm', { order: 7 }], ['call', 2, 'nothing', null]);
    const answers = [await peer.frame('ok'), await peer.frame('ok')];
    expect(answers.sort((a, b) => a[1] - b[1])).toEqual([
      ['ok', 1, { got: { order: 7 } }],
      ['ok', 2, null],
    ]);
  });

  it.each<[string, readonly unknown[], () => unknown]>([
    [
      'its own code',
      ['FORBIDDEN', 'not now'],
      () => {
        throw new RealtimeError('FORBIDDEN', 'not now');
      },
    ],
    [
      'nothing of what it threw',
      ['HANDLER_FAILED', 'The responder failed.'],
      () => Promise.reject(new Error('secret')),
    ],
    ['that it answered no JSON', ['HANDLER_FAILED', 'The responder failed.'], () => 1n],
    ['that it answered too much', ['TOO_LARGE', expect.any(String)], () => 'x'.repeat(70_000)],
    ['the beginning of a long reason', ['FORBIDDEN', 'x'.repeat(999)], () => refuse('x'.repeat(2_000))],
    ['the code where it gave no reason', ['FORBIDDEN', 'FORBIDDEN'], () => refuse('')],
  ])('tells the server %s', async (_, refusal, responder) => {
    const { client, peer, errors } = await openClient();
    client.respond('confirm', responder);
    peer.send(['call', 1, 'confirm', null]);
    expect(await peer.frame('err')).toEqual(['err', 1, ...refusal]);
    if (refusal[0] === 'HANDLER_FAILED') expect(await errors.next()).toMatchObject({ code: 'HANDLER_FAILED' });
  });

  it('is the last one of its event, until it is taken off', async () => {
    const { client, peer } = await openClient();
    const offFirst = client.respond('confirm', () => 1);
    const offSecond = client.respond('confirm', () => 2);
    offFirst();
    peer.send(['call', 1, 'confirm', null]);
    expect(await peer.frame('ok')).toEqual(['ok', 1, 2]);
    offSecond();
    peer.send(['call', 2, 'confirm', null]);
    expect((await peer.frame('err')).slice(0, 3)).toEqual(['err', 2, 'UNSUPPORTED']);
  });

  it('never answers on another connection than that which asked: the number means something else there', async () => {
    const { client, server, peer } = await openClient();
    const answer = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    client.respond('slow', () => {
      asked.resolve();
      return answer.promise;
    });
    client.respond('fast', () => 'fast');
    peer.send(['call', 1, 'slow', null]);
    await asked.promise;
    peer.close();
    const next = await server.peers.next();
    await next.accept();
    answer.resolve('slow');
    await answer.promise;
    next.send(['call', 2, 'fast', null]);
    expect(await next.frame('ok')).toEqual(['ok', 2, 'fast']);
  });
});

function refuse(reason: string): never {
  throw new RealtimeError('FORBIDDEN', reason);
}

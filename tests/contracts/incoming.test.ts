import { describe, expect, it } from 'vitest';
import { randomName } from '../hardening/raw-client.ts';
import { CONTRACTS, zodContract } from './contracts.ts';
import { errorOf, listen, startStage } from './stage.ts';

describe.each(CONTRACTS)('what clients send, with %s', (_library, contract) => {
  it('is refused with INVALID_DATA that names the path, before anybody or a handler gets it', async () => {
    const { realtime, client } = await startStage(contract);
    const handled: unknown[] = [];
    realtime.handle('chat.{roomId}', 'message.sent', async (message) => {
      handled.push(message.data);
      await message.relay({ id: '1', text: message.data.text });
    });
    const roomId = randomName();
    const heard = await listen(client().channel('chat.{roomId}', { roomId }));
    const sender = client().channel('chat.{roomId}', { roomId });
    const error = await errorOf(sender.send('message.sent', { text: 7 } as never));
    expect(error).toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('data.text') });
    expect(error.detail).toMatchObject({ issues: [{ path: ['text'] }] });
    await expect(sender.send('message.sent', { text: 'x'.repeat(21) })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(sender.send('message.sent', null as never)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await sender.send('message.sent', { text: 'hello' });
    expect(await heard.next()).toEqual(['message.sent', { id: '1', text: 'hello' }]);
    expect(handled).toEqual([{ text: 'hello' }]);
  });

  it('reaches the others without a handler, as it fits what is delivered', async () => {
    const { client } = await startStage(contract);
    const heard = await listen(client().subscribe('chat.1'));
    const sender = client();
    // What clients send has no id, what is delivered has one.
    const error = await errorOf(sender.send('chat.1', 'message.sent', { text: 'hello' }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('data.id') });
    const undelivered = await errorOf(sender.send('chat.1', 'message.deleted', { id: '1' }));
    expect(undelivered).toMatchObject({ code: 'BAD_NAME', message: expect.stringContaining('message.deleted') });
    await sender.send('chat.1', 'typing.started', { since: 5 });
    expect(await heard.next()).toEqual(['typing.started', { since: 5 }]);
  });

  it('keeps the info of members to what the contract says', async () => {
    const { realtime, client } = await startStage(contract);
    realtime.authorize('presence-room.{id}', ({ user, action, info }) =>
      action === 'update' ? { name: `${info?.name} of ${user?.id}` } : { name: user?.id ?? '' },
    );
    const room = client('ann').subscribe('presence-room.1');
    await room.subscribed;
    expect(room.presence.members.map(({ info }) => info)).toEqual([{ name: 'ann' }]);
    const error = await errorOf(room.presence.update({ name: 1 } as never));
    expect(error).toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('data.name') });
    const updated = Promise.withResolvers<string>();
    room.presence.on('updated', ({ info }) => updated.resolve(info.name));
    await room.presence.update({ name: 'Ann' });
    expect(await updated.promise).toBe('Ann of ann');
  });
});

describe('what the contract does not have', () => {
  it('is no channel: subscribing, sending and reading are refused with BAD_NAME', async () => {
    const { client, realtime } = await startStage(zodContract, { channels: { '*': { send: true } } });
    const anyone = client();
    const name = 'nowhere.1' as 'chat.1';
    await expect(anyone.subscribe(name).subscribed).rejects.toMatchObject({
      code: 'BAD_NAME',
      message: expect.stringContaining('"nowhere.1"'),
    });
    await expect(anyone.send(name, 'message.sent', { text: '' })).rejects.toMatchObject({ code: 'BAD_NAME' });
    const connected = Promise.withResolvers<Promise<void>>();
    realtime.on('connected', ({ connection }) => connected.resolve(connection.subscribe(name)));
    const [error] = await Promise.all([errorOf(connected.promise), client().connect()]);
    expect(error.code).toBe('BAD_NAME');
  });

  it('is no event that clients may send, whatever the rules allow', async () => {
    const { client } = await startStage(zodContract, { channels: { '*': { send: true } } });
    const anyone = client();
    await expect(anyone.send('chat.1', 'motd' as 'message.sent', { text: '' })).rejects.toMatchObject({
      code: 'BAD_NAME',
      message: expect.stringContaining('"motd"'),
    });
    // The more specific pattern counts alone: nothing may be sent to the lobby.
    await expect(anyone.send('chat.lobby' as 'chat.1', 'message.sent', { text: '' })).rejects.toMatchObject({
      code: 'BAD_NAME',
    });
  });
});

describe('what would never run', () => {
  it('is refused where it is registered: handlers and authorizers of what the contract does not have', async () => {
    const { realtime } = await startStage(zodContract);
    const refused = (named: string): unknown =>
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(`"${named}"`) });
    const none = (): boolean => false;
    expect(() => realtime.handle('chat.{roomId}', 'motd' as 'message.sent', none as never)).toThrow(refused('motd'));
    expect(() => realtime.handle('chat.lobby' as 'chat.1', 'message.sent', none as never)).toThrow(
      refused('chat.lobby'),
    );
    expect(() => realtime.handle('chats.{roomId}' as 'chat.1', 'message.sent', none as never)).toThrow(
      refused('chats.{roomId}'),
    );
    expect(() => realtime.authorize('chats.{roomId}' as 'chat.1', none)).toThrow(refused('chats.{roomId}'));
    for (const pattern of ['chat.{roomId}', 'chat.7', 'presence-*'] as const) realtime.authorize(pattern, none);
    for (const pattern of ['chat.{roomId}', 'chat.7', 'chat.*']) {
      realtime.handle(pattern as 'chat.1', 'message.sent', () => undefined);
    }
  });
});

describe('the contract and the rules', () => {
  it('let clients send what the contract says where no rule says anything', async () => {
    const { client } = await startStage(zodContract, { channels: { 'chat.*': { history: false } } });
    await expect(client().send('chat.1', 'typing.started', { since: 1 })).resolves.toEqual({});
  });

  it('let a rule take it back, for all events or but some', async () => {
    const { client } = await startStage(zodContract, {
      channels: { 'chat.{roomId}': { send: ['message.sent'] }, 'chat.closed': { send: false } },
    });
    const anyone = client();
    await expect(anyone.send('chat.1', 'typing.started', { since: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(anyone.send('chat.closed', 'typing.started', { since: 1 })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('still ask the authorizers first', async () => {
    const { client, realtime } = await startStage(zodContract);
    realtime.authorize('chat.{roomId}', ({ params, action }) => action !== 'send' || params.roomId === 'open');
    const anyone = client();
    await expect(anyone.send('chat.1', 'typing.started', {} as never)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await anyone.send('chat.open', 'typing.started', { since: 1 });
  });
});

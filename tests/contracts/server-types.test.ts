import { Realtime } from '@rt/core';
import type { KeptMessage, Published, User } from '@rt/core';
import { describe, expectTypeOf, it } from 'vitest';
import { contract, only } from './typed-contract.ts';

// As types.test.ts, for the server.

const realtime = new Realtime({ contract, logger: false });

describe('a server of a contract', () => {
  it('broadcasts to literal names, and to patterns with params', () => {
    only(() => {
      expectTypeOf(realtime.broadcast('chat.1', 'typing.started', {})).toEqualTypeOf<Promise<Published>>();
      void realtime.broadcast('chat.1', 'message.sent', { id: '1', at: '2026-01-01' }, { id: 'once' });
      void realtime.broadcast('chat.1', 'bell');
      void realtime.channel('chat.{roomId}', { roomId: 'x' }).broadcast('message.sent', { id: '1', at: 5 });
      void realtime.channel('chat.lobby').broadcast('motd', 'welcome');
      void realtime.sendToUser('ann', 'notification.new', { title: 'x' }, { volatile: true });
      void realtime.user('ann').send('notification.new', { title: 'x' });
      // @ts-expect-error -- no such channel
      void realtime.broadcast('nope', 'x', {});
      // @ts-expect-error -- a plain string
      void realtime.broadcast('chat.1' as string, 'bell');
      // @ts-expect-error -- no such event
      void realtime.broadcast('chat.1', 'motd', '');
      // @ts-expect-error -- the wrong shape
      void realtime.broadcast('chat.1', 'message.sent', { id: 1, at: 5 });
      // @ts-expect-error -- no data
      void realtime.broadcast('chat.1', 'message.sent');
      // @ts-expect-error -- its params are missing
      void realtime.channel('chat.{roomId}');
      // @ts-expect-error -- no such event
      void realtime.channel('chat.1').broadcast('motd', '');
      // @ts-expect-error -- the wrong shape
      void realtime.sendToUser('ann', 'notification.new', { title: 1 });
      // @ts-expect-error -- no such event
      void realtime.user('ann').send('notification.old', {});
    });
  });

  it('knows what is kept and who is there', () => {
    only(() => {
      void realtime
        .channel('files.a')
        .history()
        .then(({ messages }) => expectTypeOf(messages).toEqualTypeOf<readonly KeptMessage<'removed', string>[]>());
      void realtime
        .channel('presence-room.{id}', { id: 1 })
        .members()
        .then(([member]) => expectTypeOf(member?.info).toEqualTypeOf<{ name: string; age: number } | undefined>());
    });
  });

  it('gives handlers what came out of the schema, and knows whether that may be passed on as it is', () => {
    only(() => {
      realtime.handle('chat.{roomId}', 'message.sent', async (message) => {
        const { params, data, user } = message;
        expectTypeOf(params).toEqualTypeOf<{ readonly roomId: string }>();
        expectTypeOf(data).toEqualTypeOf<{ text: string; to: string }>();
        expectTypeOf(user).toEqualTypeOf<User | undefined>();
        await message.relay({ id: '1', at: 0 });
        // @ts-expect-error -- what was sent is not what is delivered
        await message.relay();
        // @ts-expect-error -- the wrong shape
        await message.relay({ id: 1, at: 0 });
      });
      realtime.handle('chat.{roomId}', 'typing.started', async (message) => {
        await message.relay();
      });
      realtime.handle('chat.1', 'command', async (message) => {
        expectTypeOf(message.data.name).toEqualTypeOf<string>();
        // @ts-expect-error -- nothing of that name is delivered
        await message.relay(message.data);
      });
      // @ts-expect-error -- no such pattern
      realtime.handle('chat.{room}x', 'message.sent', () => undefined);
      // @ts-expect-error -- delivered only, never sent
      realtime.handle('chat.lobby', 'motd', () => undefined);
      // @ts-expect-error -- no such event
      realtime.handle('chat.{roomId}', 'message.send', () => undefined);
    });
  });

  it('holds authorizers to the info of members', () => {
    only(() => {
      realtime.authorize('presence-room.{id}', ({ params, info }) => {
        expectTypeOf(params.id).toEqualTypeOf<string>();
        expectTypeOf(info).toEqualTypeOf<{ name: string; age: number } | undefined>();
        return params.id !== 'closed' && { name: 'Ann', age: '7' };
      });
      realtime.authorize('presence-open.{id}', async () => ({ anything: 1 }));
      realtime.authorize('presence-*', () => ({ anything: 1 }));
      realtime.authorize('chat.1', () => true);
      // @ts-expect-error -- no name
      realtime.authorize('presence-room.{id}', () => ({ age: 7 }));
      // @ts-expect-error -- no such channel
      realtime.authorize('presence-roam.{id}', () => true);
    });
  });
});

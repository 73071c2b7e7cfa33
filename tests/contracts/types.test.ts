import { RealtimeClient } from '@rt/client';
import type { Member, Message, RealtimeError, Subscription } from '@rt/client';
import { broadcast, defineContract, Realtime } from '@rt/core';
import type { ChannelHandle, MethodInput, MethodName, MethodOutput } from '@rt/core';
import { describe, expectTypeOf, it } from 'vitest';
import type { arktypeContract, valibotContract, zodContract } from './contracts.ts';
import { only } from './typed-contract.ts';
import type { contract } from './typed-contract.ts';

// What the compiler lets through and what not, against the sources here and against what was built in built-types.test.ts.
// Nothing of it runs but the lines that need neither server nor connection.

type C = typeof contract;

interface Sent {
  id: string;
  at: number;
}

const client = new RealtimeClient<C>('http://localhost');

describe('a client of a contract', () => {
  it('knows a channel by its literal name, the most specific pattern counting', () => {
    only(() => {
      client.subscribe('chat.1').on('message.sent', (data, message) => {
        expectTypeOf(data).toEqualTypeOf<Sent>();
        expectTypeOf(message).toEqualTypeOf<Message>();
      });
      client.subscribe('chat.lobby').on('motd', (data) => expectTypeOf(data).toEqualTypeOf<string>());
      client.subscribe('files.ann.a.b').once('changed', (data) => expectTypeOf(data).toEqualTypeOf<number>());
      client.subscribe('files.ann').on('removed', (data) => expectTypeOf(data).toEqualTypeOf<string>());
      client.subscribe('chat.1', { last: 3 }).onAny((event, data) => {
        expectTypeOf(event).toEqualTypeOf<'message.sent' | 'typing.started' | 'bell'>();
        expectTypeOf(data).toEqualTypeOf<Sent | Record<string, never> | undefined>();
      });
      // @ts-expect-error -- no such channel
      client.subscribe('chats.1');
      // @ts-expect-error -- a part is missing
      client.subscribe('chat');
      // @ts-expect-error -- a part too many
      client.subscribe('chat.1.2');
      // @ts-expect-error -- an empty part
      client.subscribe('chat.');
      // @ts-expect-error -- a pattern is no name
      client.subscribe('chat.{roomId}');
      // @ts-expect-error -- a pattern is no name
      client.subscribe('files.*');
      // @ts-expect-error -- the lobby has its own events
      client.subscribe('chat.lobby').on('message.sent', () => undefined);
      // @ts-expect-error -- no such event
      client.subscribe('chat.1').on('message.send', () => undefined);
      // @ts-expect-error -- sent only, never delivered
      client.subscribe('chat.1').on('command', () => undefined);
      // @ts-expect-error -- the data is no string
      client.subscribe('chat.1').on('message.sent', (data: string) => data);
      // @ts-expect-error -- a channel without events
      client.subscribe('quiet').on('anything', () => undefined);
    });
  });

  it('does not take a name that is only known at run time', () => {
    only(() => {
      const name: string = 'chat.1';
      const roomId: string = '1';
      // @ts-expect-error -- a plain string
      client.subscribe(name);
      // @ts-expect-error -- a part of it is one
      client.subscribe(`chat.${roomId}`);
      // @ts-expect-error -- perhaps one
      client.subscribe(Math.random() > 0.5 ? 'chat.1' : name);
      // @ts-expect-error -- a plain string
      void client.send(name, 'message.sent', { text: '' });
      // @ts-expect-error -- a plain string
      client.channel(name, { roomId });
    });
  });

  it('takes several literal names for what all of them have', () => {
    only(() => {
      const either = Math.random() > 0.5 ? ('chat.1' as const) : ('chat.2' as const);
      client.subscribe(either).on('message.sent', (data) => expectTypeOf(data).toEqualTypeOf<Sent>());
      const other = Math.random() > 0.5 ? ('chat.1' as const) : ('chat.lobby' as const);
      // @ts-expect-error -- the lobby has no such event
      client.subscribe(other).on('message.sent', () => undefined);
      // @ts-expect-error -- one of them is no channel
      client.subscribe(Math.random() > 0.5 ? 'chat.1' : 'nope');
    });
  });

  it('makes a channel of a pattern and its params', () => {
    only(() => {
      const room = client.channel('chat.{roomId}', { roomId: Math.random() > 2 ? 'a b' : 7 }, { last: 1 });
      room.on('message.sent', (data) => expectTypeOf(data).toEqualTypeOf<Sent>());
      client.channel('files.{owner}.*', { owner: 'ann', '*': ['a', 'b'] });
      client.channel('chat.lobby', {}).on('motd', (data) => expectTypeOf(data).toEqualTypeOf<string>());
      // @ts-expect-error -- no such pattern
      client.channel('chat.{room}', { room: '1' });
      // @ts-expect-error -- another name
      client.channel('chat.{roomId}', { room: '1' });
      // @ts-expect-error -- nothing
      client.channel('chat.{roomId}', {});
      // @ts-expect-error -- no text
      client.channel('chat.{roomId}', { roomId: undefined });
      // @ts-expect-error -- the rest is missing
      client.channel('files.{owner}.*', { owner: 'ann' });
    });
  });

  it('sends what the contract lets clients send, in the shape that goes in', () => {
    only(() => {
      const room = client.channel('chat.{roomId}', { roomId: '1' });
      void room.send('message.sent', { text: 'hello' });
      void room.send('message.sent', { text: 'hello', to: 'ann' }, { volatile: true });
      void room.send('bell');
      void client.send('chat.1', 'command', { name: 'clear' });
      // @ts-expect-error -- what is delivered is not what is sent
      void room.send('message.sent', { id: '1', at: 0 });
      // @ts-expect-error -- no data
      void room.send('message.sent');
      // @ts-expect-error -- no such event
      void room.send('message.deleted', {});
      // @ts-expect-error -- clients send nothing here
      void client.send('chat.lobby', 'motd', 'hi');
      // @ts-expect-error -- the wrong shape
      void client.send('chat.1', 'command', { name: 1 });
      // @ts-expect-error -- no such option
      void client.send('chat.1', 'bell', undefined, { volatil: true });
    });
  });

  it('knows members, the user’s own messages and history', () => {
    only(() => {
      const { presence } = client.subscribe('presence-room.1');
      expectTypeOf(presence.members).toEqualTypeOf<readonly Member<{ name: string; age: number }>[]>();
      presence.on('joined', (member) => expectTypeOf(member.info.age).toEqualTypeOf<number>());
      void presence.update({ name: 'Ann', age: '7' });
      // @ts-expect-error -- no name
      void presence.update({ age: 7 });
      void client.subscribe('presence-open.1').presence.update({ anything: 1 });
      client.user.on('notification.new', (data) => expectTypeOf(data).toEqualTypeOf<{ title: string }>());
      // @ts-expect-error -- no such event
      client.user.on('notification.old', () => undefined);
      void client
        .subscribe('chat.1')
        .history({ limit: 5 })
        .then(({ messages: [message] }) => {
          if (message?.event === 'message.sent') expectTypeOf(message.data).toEqualTypeOf<Sent>();
        });
    });
  });
});

describe('the methods of a contract', () => {
  it('have the input that goes in and the output that comes out', () => {
    expectTypeOf<MethodName<C>>().toEqualTypeOf<'rooms.search' | 'ping'>();
    expectTypeOf<MethodInput<C, 'rooms.search'>>().toEqualTypeOf<{ q: string }>();
    expectTypeOf<MethodOutput<C, 'rooms.search'>>().toEqualTypeOf<{ id: string }[]>();
    expectTypeOf<MethodInput<C, 'ping'>>().toEqualTypeOf<unknown>();
  });
});

describe('any library', () => {
  it('gives the same types', () => {
    only(() => {
      const inZod = new RealtimeClient<typeof zodContract>('');
      const inValibot = new RealtimeClient<typeof valibotContract>('');
      const inArktype = new RealtimeClient<typeof arktypeContract>('');
      type Data = { id: string; text: string };
      inZod.subscribe('chat.1').on('message.sent', (data) => expectTypeOf(data).toEqualTypeOf<Data>());
      inValibot.subscribe('chat.1').on('message.sent', (data) => expectTypeOf(data).toEqualTypeOf<Data>());
      inArktype.subscribe('chat.1').on('message.sent', (data) => expectTypeOf(data).toEqualTypeOf<Data>());
      void inZod.send('chat.1', 'message.sent', { text: 'x' });
      void inValibot.send('chat.1', 'message.sent', { text: 'x' });
      void inArktype.send('chat.1', 'message.sent', { text: 'x' });
      // @ts-expect-error -- the wrong shape
      void inValibot.send('chat.1', 'message.sent', { text: 1 });
      // @ts-expect-error -- the wrong shape
      void inArktype.send('chat.1', 'message.sent', { text: 1 });
      // @ts-expect-error -- no schema
      defineContract({ channels: { a: { events: { b: 'string' } } } });
    });
  });
});

describe('without a contract', () => {
  it('everything goes, as it always has', () => {
    only(() => {
      const untyped = new RealtimeClient('');
      const name: string = 'any';
      const subscription = untyped.subscribe(name);
      expectTypeOf(subscription).toEqualTypeOf<Subscription>();
      subscription.on('anything', (data: { x: number }) => data.x);
      subscription.on<string>('anything', (data) => expectTypeOf(data).toEqualTypeOf<string>());
      void untyped.send(name, name, { any: 'data' }, { volatile: true });
      expectTypeOf(untyped.channel('chat.{id}', { id: 1 })).toEqualTypeOf<Subscription>();
      untyped.on('error', (error) => expectTypeOf(error).toEqualTypeOf<RealtimeError>());
      const plain = new Realtime();
      void plain.broadcast(name, name, { any: 'data' }, { volatile: true });
      void plain.sendToUser(name, name);
      expectTypeOf(plain.channel(name)).toEqualTypeOf<ChannelHandle>();
      plain.handle(name, name, async (message) => {
        expectTypeOf(message.params).toEqualTypeOf<Readonly<Record<string, string>>>();
        await message.relay();
      });
      plain.authorize('a.{b}', ({ params }) => params.b === '1' && { any: 'info' });
      void broadcast(name, name, { any: 'data' }, { volatile: true });
    });
  });

  it('the same with one that has only methods', () => {
    only(() => {
      const half = defineContract({ methods: { a: {} } });
      const name: string = 'any';
      new RealtimeClient<typeof half>('').subscribe(name).on('thing', (data: number) => data);
      void new Realtime({ contract: half }).broadcast(name, 'thing');
    });
  });
});

import { defineConfig } from '@rt/cli';
import type { RtConfig } from '@rt/cli';
import { memoryBroker } from '@rt/core';
import type { AuthorizationRequest, InboundMessage, MemberInfo, MethodCall, User } from '@rt/core';
import type { JsonValue } from '@rt/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import { contract, only } from './typed-contract.ts';

// As server-types.test.ts, for rt.config.ts.

describe('rt.config.ts with a contract', () => {
  it('gives handlers what came out of the schema', () => {
    only(() => {
      defineConfig({
        contract,
        brokers: { main: memoryBroker() },
        defaultBroker: 'main',
        handlers: {
          'chat.{roomId}': {
            'message.sent': async (message) => {
              const { params, data, user } = message;
              expectTypeOf(params).toEqualTypeOf<{ readonly roomId: string }>();
              expectTypeOf(data).toEqualTypeOf<{ text: string; to: string }>();
              expectTypeOf(user).toEqualTypeOf<User | undefined>();
              await message.relay({ id: '1', at: 0 });
              // @ts-expect-error -- what was sent is not what is delivered
              await message.relay();
              // @ts-expect-error -- the wrong shape
              await message.relay({ id: 1, at: 0 });
            },
            'typing.started': async (message) => {
              await message.relay();
            },
          },
          // A channel's name, as `realtime.handle` takes it.
          'chat.1': { command: ({ data }) => void expectTypeOf(data.name).toEqualTypeOf<string>() },
        },
      });
    });
  });

  it('refuses handlers that would never run, or take something else', () => {
    only(() => {
      defineConfig({
        contract,
        handlers: {
          // @ts-expect-error -- no such pattern
          'chat.{room}x': { 'message.sent': () => undefined },
        },
      });
      defineConfig({
        contract,
        handlers: {
          // @ts-expect-error -- no such channel
          'chats.1': { 'message.sent': () => undefined },
        },
      });
      defineConfig({
        contract,
        handlers: {
          'chat.{roomId}': {
            'typing.started': () => undefined,
            // @ts-expect-error -- no such event
            'message.send': () => undefined,
          },
        },
      });
      // @ts-expect-error -- delivered only, never sent
      defineConfig({ contract, handlers: { 'chat.lobby': { motd: () => undefined } } });
      defineConfig({
        contract,
        handlers: {
          'chat.{roomId}': {
            // @ts-expect-error -- another input
            command: ({ data }: InboundMessage<string, { id: number }>) => void data.id,
          },
        },
      });
      const handlers = { 'chats.{roomId}': { 'message.sent': () => undefined } };
      // @ts-expect-error -- no such pattern, made elsewhere
      defineConfig({ contract, handlers });
    });
  });

  it('holds authorizers to the info of members', () => {
    only(() => {
      defineConfig({
        contract,
        authorizers: {
          'presence-room.{id}': ({ params, info }) => {
            expectTypeOf(params.id).toEqualTypeOf<string>();
            expectTypeOf(info).toEqualTypeOf<{ name: string; age: number } | undefined>();
            return params.id !== 'closed' && { name: 'Ann', age: '7' };
          },
          'presence-open.{id}': async () => ({ anything: 1 }),
          'presence-*': () => ({ anything: 1 }),
          'chat.1': () => true,
        },
      });
      defineConfig({
        contract,
        authorizers: {
          // @ts-expect-error -- no name
          'presence-room.{id}': () => ({ age: 7 }),
        },
      });
      defineConfig({
        contract,
        authorizers: {
          // @ts-expect-error -- no such channel
          'presence-roam.{id}': () => true,
        },
      });
    });
  });

  it('holds methods to what they take and answer', () => {
    only(() => {
      defineConfig({
        contract,
        methods: {
          'rooms.search': ({ input }) => {
            expectTypeOf(input).toEqualTypeOf<{ q: string }>();
            return [{ id: input.q }];
          },
          ping: ({ input }) => expectTypeOf(input).toEqualTypeOf<unknown>(),
        },
        setup: (realtime) => {
          void realtime.broadcast('chat.1', 'bell');
        },
      });
      defineConfig({
        contract,
        methods: {
          // @ts-expect-error -- no such method
          'rooms.find': () => [],
        },
      });
      defineConfig({
        contract,
        methods: {
          // @ts-expect-error -- another input
          'rooms.search': ({ input }: MethodCall<{ query: string }>) => [{ id: input.query }],
        },
      });
      defineConfig({
        contract,
        methods: {
          // @ts-expect-error -- another answer
          'rooms.search': async () => [{ name: 'x' }],
        },
      });
    });
  });

  it('is the same where the type stands by itself', () => {
    only(() => {
      const config: RtConfig<typeof contract> = {
        contract,
        handlers: { 'chat.{roomId}': { command: ({ data }) => void expectTypeOf(data.name).toEqualTypeOf<string>() } },
        authorizers: { 'chat.{roomId}': ({ params }) => params.roomId !== '' },
      };
      // @ts-expect-error -- no such pattern
      const wrong: RtConfig<typeof contract> = { contract, handlers: { 'chats.{roomId}': {} } };
      return [config, wrong];
    });
  });
});

describe('rt.config.ts without a contract', () => {
  it('leaves everything open', () => {
    only(() => {
      const handlers = {
        'any.{thing}': {
          event: async (message: InboundMessage) => {
            await message.relay({ what: 'ever' });
          },
        },
      };
      defineConfig({ handlers });
      const config: RtConfig = { handlers, methods: { any: ({ input }) => input } };
      defineConfig({
        handlers: { 'any.{thing}': { event: ({ data }) => void expectTypeOf(data).toEqualTypeOf<JsonValue>() } },
        authorizers: {
          'any.{thing}': (request) => {
            expectTypeOf(request).toEqualTypeOf<AuthorizationRequest>();
            expectTypeOf(request.info).toEqualTypeOf<MemberInfo | undefined>();
            return { what: 'ever' };
          },
        },
        methods: { any: ({ input }) => expectTypeOf(input).toEqualTypeOf<unknown>() },
      });
      // @ts-expect-error -- no handler at all
      defineConfig({ handlers: { 'any.{thing}': { event: 7 } } });
      // @ts-expect-error -- an answer that is none
      defineConfig({ authorizers: { any: () => 'yes' } });
      return config;
    });
  });

  it('leaves channels open where the contract has only methods, and methods where it has only channels', () => {
    only(() => {
      const { channels, methods } = contract;
      defineConfig({
        contract: { methods },
        handlers: { any: { event: ({ data }) => void expectTypeOf(data).toEqualTypeOf<JsonValue>() } },
        authorizers: { any: () => true },
      });
      defineConfig({
        contract: { channels },
        methods: { any: ({ input }) => expectTypeOf(input).toEqualTypeOf<unknown>() },
      });
      defineConfig({
        contract: { methods },
        methods: {
          // @ts-expect-error -- no such method
          pong: () => 1,
        },
      });
    });
  });
});

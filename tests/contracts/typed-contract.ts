import { defineContract } from '@rt/core';
import { z } from 'zod';

/** What the tests of the types are about: something of everything. */
export const contract = defineContract({
  channels: {
    'chat.{roomId}': {
      events: {
        'message.sent': z.object({ id: z.string(), at: z.coerce.date().transform((date) => date.getTime()) }),
        'typing.started': z.object({}),
        bell: z.undefined(),
      },
      send: {
        'message.sent': z.object({ text: z.string(), to: z.string().default('all') }),
        'typing.started': z.object({}),
        bell: z.undefined(),
        command: z.object({ name: z.string() }),
      },
    },
    'chat.lobby': { events: { motd: z.string() } },
    'files.{owner}.*': { events: { changed: z.number() } },
    'files.*': { events: { removed: z.string() } },
    'presence-room.{id}': { presence: z.object({ name: z.string(), age: z.coerce.number() }), events: {} },
    'presence-open.{id}': { events: {} },
    'user.{id}': { events: { 'notification.new': z.object({ title: z.string() }) } },
    quiet: {},
  },
  methods: {
    'rooms.search': { input: z.object({ q: z.string() }), output: z.array(z.object({ id: z.string() })) },
    ping: {},
  },
});

/** For the compiler; what is in it is never called. */
export const only = (_compiled: () => void): void => undefined;

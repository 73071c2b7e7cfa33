import { defineContract } from '@rt/core';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

/** The contract of these tests, in zod. */
export const zodContract = defineContract({
  channels: {
    'chat.{roomId}': {
      events: {
        'message.sent': z.object({ id: z.string(), text: z.string().max(20) }),
        'typing.started': z.object({ since: z.number() }),
      },
      send: {
        'message.sent': z.object({ text: z.string().max(20) }),
        'typing.started': z.object({ since: z.number() }),
        'message.deleted': z.object({ id: z.string() }),
      },
    },
    'chat.lobby': { events: { motd: z.string() } },
    'presence-room.{id}': { events: {}, presence: z.object({ name: z.string() }) },
    'user.{id}': { events: { 'notification.new': z.object({ title: z.string() }) } },
    'files.*': { events: { changed: z.object({ tags: z.array(z.object({ name: z.string() })) }) } },
  },
});

/** The same in valibot. */
export const valibotContract = defineContract({
  channels: {
    'chat.{roomId}': {
      events: {
        'message.sent': v.object({ id: v.string(), text: v.pipe(v.string(), v.maxLength(20)) }),
        'typing.started': v.object({ since: v.number() }),
      },
      send: {
        'message.sent': v.object({ text: v.pipe(v.string(), v.maxLength(20)) }),
        'typing.started': v.object({ since: v.number() }),
        'message.deleted': v.object({ id: v.string() }),
      },
    },
    'chat.lobby': { events: { motd: v.string() } },
    'presence-room.{id}': { events: {}, presence: v.object({ name: v.string() }) },
    'user.{id}': { events: { 'notification.new': v.object({ title: v.string() }) } },
    'files.*': { events: { changed: v.object({ tags: v.array(v.object({ name: v.string() })) }) } },
  },
});

/** The same in arktype, whose schemas are functions. */
export const arktypeContract = defineContract({
  channels: {
    'chat.{roomId}': {
      events: {
        'message.sent': type({ id: 'string', text: 'string <= 20' }),
        'typing.started': type({ since: 'number' }),
      },
      send: {
        'message.sent': type({ text: 'string <= 20' }),
        'typing.started': type({ since: 'number' }),
        'message.deleted': type({ id: 'string' }),
      },
    },
    'chat.lobby': { events: { motd: type('string') } },
    'presence-room.{id}': { events: {}, presence: type({ name: 'string' }) },
    'user.{id}': { events: { 'notification.new': type({ title: 'string' }) } },
    'files.*': { events: { changed: type({ tags: type({ name: 'string' }).array() }) } },
  },
});

/** At run time one is as good as the other; `types.test.ts` sees to their types. */
export const CONTRACTS = [
  ['zod', zodContract],
  ['valibot', valibotContract as unknown as typeof zodContract],
  ['arktype', arktypeContract as unknown as typeof zodContract],
] as const;

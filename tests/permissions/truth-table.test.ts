import type { Authorizer, ChannelAction, Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { newInstance, RawClient, randomName } from '../hardening/raw-client.ts';
import { API_KEY, startServer } from '../hardening/server.ts';
import { authenticate, isLetIn, PEOPLE, TOKENS } from './people.ts';
import type { Person } from './people.ts';

/** The channels of each kind: by prefix, and the two users' own. */
const KINDS = {
  public: () => randomName('room.'),
  'private-': () => randomName('private-'),
  'private.': () => randomName('private.'),
  'presence-': () => randomName('presence-'),
  'presence.': () => randomName('presence.'),
  'user.ann': () => 'user.ann',
  'user.bob': () => 'user.bob',
} as const;
type Kind = keyof typeof KINDS;

const PATTERNS = ['room.{id}', 'private-*', 'private.*', 'presence-*', 'presence.*', 'user.*'];

/** What each authorizer answers, and what that means by the written rule. `undefined`: there is none. */
const AUTHORIZERS: Readonly<
  Record<
    string,
    { readonly answers: Authorizer; readonly allows: (kind: Kind, action: ChannelAction) => boolean } | undefined
  >
> = {
  none: undefined,
  'says yes': { answers: () => true, allows: () => true },
  'says no': { answers: () => false, allows: () => false },
  'answers nothing': { answers: () => undefined, allows: () => false },
  throws: {
    answers: () => {
      throw new Error('the database is down');
    },
    allows: () => false,
  },
  rejects: { answers: () => Promise.reject(new Error('the database is down')), allows: () => false },
  'answers a text': { answers: () => 'yes' as unknown as boolean, allows: () => false },
  'answers 1': { answers: () => 1 as unknown as boolean, allows: () => false },
  'answers an object': { answers: async () => ({ name: 'Ann' }), allows: (kind) => kind.startsWith('presence') },
  'allows subscribe only': {
    answers: async ({ action }) => action === 'subscribe',
    allows: (_kind, action) => action === 'subscribe',
  },
  'allows send only': { answers: ({ action }) => action === 'send', allows: (_kind, action) => action === 'send' },
  'allows history only': {
    answers: async ({ action }) => action === 'history',
    allows: (_kind, action) => action === 'history',
  },
};

const ACTIONS = [
  'subscribe in connect',
  'subscribe by sub',
  'send',
  'send an event that no rule allows',
  'history',
  'members',
  'broadcast with the API key',
  'broadcast with the own token as the key',
] as const;
type Action = (typeof ACTIONS)[number];

type Outcome = 'ok' | 'FORBIDDEN' | 'UNAUTHENTICATED' | 'UNSUPPORTED';

/** The written rule (channels: default deny, deny wins), and nothing of the code. */
function expected(action: Action, kind: Kind, person: Person, authorizer: string): Outcome {
  if (action === 'broadcast with the API key') return 'ok';
  if (action === 'broadcast with the own token as the key') return 'UNAUTHENTICATED';
  if (!isLetIn(person)) return 'UNAUTHENTICATED';
  if (action === 'send an event that no rule allows') return 'FORBIDDEN';
  // Only presence channels have members, and those who may be one may see the others.
  if (action === 'members' && !kind.startsWith('presence')) return 'UNSUPPORTED';
  const verb = action === 'send' || action === 'history' ? action : 'subscribe';
  if (kind.startsWith('user.')) {
    if (kind !== `user.${person}`) return 'FORBIDDEN';
    // The server puts every connection of a user into the user's channel: no client asks for that.
    if (verb === 'subscribe') return 'ok';
  }
  // Members are users.
  if (kind.startsWith('presence') && verb === 'subscribe' && person === 'anonymous') return 'FORBIDDEN';
  const rule = AUTHORIZERS[authorizer];
  if (rule !== undefined) return rule.allows(kind, verb) ? 'ok' : 'FORBIDDEN';
  return kind.startsWith('private') || kind.startsWith('presence') ? 'FORBIDDEN' : 'ok';
}

/** What happened: the answer, checked against what it did. */
async function outcome(server: { realtime: Realtime; port: number }, action: Action, channel: string, person: Person) {
  const { realtime, port } = server;
  const handle = realtime.channel(channel);
  const [keptBefore, countBefore] = [(await handle.history()).messages.length, await handle.subscriberCount()];
  const { answer, end } = await attempt(port, action, channel, person);
  const kept = (await handle.history()).messages.length - keptBefore;
  const joined = (await handle.subscriberCount()) - countBefore;
  const isOk = answer === 'ok';
  const isPublish = action.startsWith('send') || action.startsWith('broadcast');
  expect(kept, `what ${action} left in ${channel}`).toBe(isOk && isPublish ? 1 : 0);
  // Whoever is let in is in their own channel already.
  const isOwn = isLetIn(person) && channel === `user.${person}` && !action.startsWith('broadcast');
  expect(joined, `who ${action} put into ${channel}`).toBe(isOwn || (isOk && action.startsWith('subscribe')) ? 1 : 0);
  await end();
  return answer;
}

async function attempt(port: number, action: Action, channel: string, person: Person) {
  if (action.startsWith('broadcast')) {
    const key = action === 'broadcast with the API key' ? API_KEY : TOKENS[person];
    return { answer: await broadcastWith(port, key, channel), end: () => Promise.resolve() };
  }
  const client = await RawClient.silent(port);
  const resume = action === 'subscribe in connect' ? [[channel, null]] : [];
  client.send(['connect', 1, newInstance(), TOKENS[person] ?? null, resume]);
  const end = async (): Promise<void> => {
    client.raw.socket.end();
    await client.ending();
  };
  const first = await client.received.next('an answer to connect');
  if (first[0] === 'err') {
    expect((await client.ending()).code).toBe(4501);
    return { answer: String(first[2]), end };
  }
  expect(first[2]).toBe(person === 'anonymous' ? null : person);
  if (person !== 'anonymous' && channel !== `user.${person}`)
    await client.received.next('the own channel', (frame) => frame[0] === 'sub' && frame[2] === `user.${person}`);
  return { answer: await answerTo(client, action, channel), end };
}

async function answerTo(client: RawClient, action: Action, channel: string): Promise<string> {
  if (action === 'subscribe in connect') {
    const frame = await client.received.next('sub or unsub', ([type, second, third]) =>
      type === 'unsub' ? second === channel : type === 'sub' && third === channel,
    );
    return frame[0] === 'sub' ? 'ok' : String(frame[2]);
  }
  const frame = await (action === 'subscribe by sub'
    ? client.request('sub', channel)
    : action === 'history'
      ? client.request('history', channel, { limit: 10 })
      : action === 'members'
        ? client.request('members', channel)
        : client.request('send', channel, action === 'send' ? 'allowed' : 'not.allowed', 'data'));
  return frame[0] === 'err' ? String(frame[2]) : 'ok';
}

async function broadcastWith(port: number, key: string | undefined, channel: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/realtime/api/v1/broadcast`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ channel, event: 'event' }),
  });
  const body = (await response.json()) as { error?: { code: string } };
  expect(response.status).toBe(body.error === undefined ? 200 : 401);
  return body.error?.code ?? 'ok';
}

const kinds = Object.keys(KINDS) as Kind[];
const cells = Object.keys(AUTHORIZERS).length * PEOPLE.length * ACTIONS.length * kinds.length;

describe(`W2: who may do what, ${cells} cells`, () => {
  it('has a cell for each action, channel kind, person and authorizer', () => {
    expect(cells).toBe(8 * 7 * 5 * 12);
  });

  for (const authorizer of Object.keys(AUTHORIZERS)) {
    for (const person of PEOPLE) {
      it(`W2: ${person}, where the authorizer ${authorizer === 'none' ? 'is missing' : authorizer}`, async () => {
        const server = await startServer({ authenticate, channels: { '*': { send: ['allowed'] } } });
        const rule = AUTHORIZERS[authorizer];
        if (rule !== undefined) for (const pattern of PATTERNS) server.realtime.authorize(pattern, rule.answers);
        const found: Record<string, string> = {};
        const wanted: Record<string, string> = {};
        for (const action of ACTIONS) {
          for (const kind of kinds) {
            const cell = `${action} · ${kind}`;
            found[cell] = await outcome(server, action, KINDS[kind](), person);
            wanted[cell] = expected(action, kind, person, authorizer);
          }
        }
        expect(found).toEqual(wanted);
      });
    }
  }

  it('W2: of two authorizers the more specific one counts, and its no wins over the yes of the other', async () => {
    const { realtime, port } = await startServer({ authenticate });
    realtime.authorize('private-*', () => true);
    realtime.authorize('private-chat.{id}', () => false);
    realtime.authorize('private-chat.open', () => true);
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    expect((await client.request('sub', 'private-other'))[0]).toBe('sub');
    expect((await client.request('sub', 'private-chat.1'))[2]).toBe('FORBIDDEN');
    expect((await client.request('sub', 'private-chat.open'))[0]).toBe('sub');
  });
});

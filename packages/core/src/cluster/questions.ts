import { z } from 'zod';
import type { MemberInfo } from '../presence/member.ts';

const connection = z.string();
const user = z.string();
const channel = z.string();
const text = z.string();
const count = z.int().min(0);
/** Any JSON: it is read from one. */
const json = z.unknown();

/** A connection, as the nodes tell each other of it. */
const facts = z.object({
  id: connection,
  transport: text,
  user: z.looseObject({ id: user }).optional(),
  channels: z.array(channel),
  /** Hash of the client program, as entries carry it. */
  instanceHash: text,
});

const info = z.custom<MemberInfo>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const member = z.object({ id: user, info, connectedAt: z.number() });

/** A session over HTTP, with the proof that a request is of its client. */
const session = z.object({ connection, digest: text });
const sequence = z.int().min(1);

/** Time for another node to answer what it knows. */
const ANSWER_MS = 2_000;
/** Time for one that has to ask the application first: its authorizers have 10 s by default. */
const DECISION_MS = 15_000;

const question = <Asked extends z.ZodType, Answered extends z.ZodType>(
  input: Asked,
  output: Answered,
  answerMs = ANSWER_MS,
): { readonly input: Asked; readonly output: Answered; readonly answerMs: number } => ({ input, output, answerMs });

/** What nodes ask each other: what is asked with, and the answer of one node for its own clients. */
export const questions = {
  /** How many connections are subscribed. */
  subscribers: question(z.object({ channel }), count),
  /** The channels after `after` that somebody is subscribed to, in the order of their names, with how many they are. */
  channels: question(
    z.object({ prefix: text, after: text, limit: z.int().min(1).max(1000) }),
    z.array(z.tuple([channel, count])),
  ),
  isOnline: question(z.object({ user }), z.boolean()),
  connections: question(z.object({ user }), z.array(facts)),
  /** How many connections were ended. */
  disconnect: question(
    z.union([
      z.object({ user, code: z.int().optional(), reason: text.optional() }),
      z.object({ connection, code: z.int().optional(), reason: text.optional() }),
    ]),
    count,
  ),
  /** Whether the connection is there: then `frame` is on its way. */
  send: question(z.object({ connection, frame: text }), z.boolean()),
  /** What the client answers; how long it has is asked with. */
  request: question(z.object({ connection, event: text, data: json, timeoutMs: z.int() }), json),
  subscribe: question(z.object({ connection, channel }), z.null()),
  unsubscribe: question(z.object({ connection, channel, reason: text.optional() }), z.boolean()),
  reauthorize: question(z.object({ user }), z.null(), DECISION_MS),
  /** All members of the channel on all nodes: any node with clients knows them. */
  members: question(z.object({ channel }), z.array(member)),
  /** A poll of a session: waits for at most `holdMs`, unless it is stopped by its `id`. */
  poll: question(
    session.extend({ id: text, sequence, holdMs: count }),
    z.object({ sequence: sequence.optional(), body: text, close: z.int().optional() }),
  ),
  stopPoll: question(session.extend({ id: text }), z.null()),
  /** A numbered message of the wire, for a session. */
  post: question(session.extend({ sequence, frames: text }), z.null()),
  leave: question(session, z.null()),
  /** Somebody who sent too much for one message of the wire is cut. */
  refuseLarge: question(session, z.null()),
};

export type Question = keyof typeof questions;
export type Input<Name extends Question> = z.infer<(typeof questions)[Name]['input']>;
export type Output<Name extends Question> = z.infer<(typeof questions)[Name]['output']>;

/** What one node answers of itself. */
export type Answers = {
  readonly [Name in Question]: (input: Input<Name>) => Output<Name> | Promise<Output<Name>>;
};

export function isQuestion(name: string): name is Question {
  return Object.hasOwn(questions, name);
}

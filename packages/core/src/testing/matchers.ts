import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import type { Member } from '../presence/member.ts';
import { matches } from './matching.ts';
import type { Expected } from './matching.ts';
import { recordingOf } from './record.ts';
import type { AnyRealtime, RecordedMessage } from './record.ts';

/** What can be said of a recorded `Realtime`. With vitest: `interface Matchers<T> extends RealtimeMatchers<T> {}`. */
export interface RealtimeMatchers<Answer = void> {
  /** A message was published on `channel`: any, one with this event, or one whose data has at least `data`. */
  toHaveBroadcast(channel: string, event?: string, data?: Expected): Answer;
  /** The same of a user, on whichever device. */
  toHaveSentToUser(userId: string, event?: string, data?: Expected): Answer;
  /** A user is in a presence channel: anyhow, or with info that has at least `info`. */
  toHaveMember(channel: string, userId: string, info?: Expected): Answer;
}

/** What a runner's `expect.extend` wants of a matcher. */
export interface MatcherResult {
  readonly pass: boolean;
  /** Why it failed: also for `.not`, where it passed. */
  readonly message: () => string;
}

type Matchers = {
  readonly [Name in keyof RealtimeMatchers]: (
    received: unknown,
    ...expected: Parameters<RealtimeMatchers[Name]>
  ) => MatcherResult;
};

/** For `expect.extend(realtimeMatchers)` of vitest, and of what has the same. */
export const realtimeMatchers: Matchers = {
  toHaveBroadcast: (received, channel, ...expected) =>
    sentResult(`to ${channel}`, recordingOf(received).messages(channel), expected),
  toHaveSentToUser: (received, userId, ...expected) =>
    sentResult(`to user ${userId}`, recordingOf(received).toUser(userId), expected),
  toHaveMember: (received, channel, userId, ...info) => {
    const members = recordingOf(received).members(channel);
    const pass = members.some((member) => member.id === userId && holds(info, member.info));
    const wanted = `member ${userId} of ${channel}${info.length === 0 ? '' : ` with info ${shown(info[0])}`}`;
    return result(pass, wanted, members.map(memberLine));
  },
};

/** The same matchers without a runner's `expect`: `expectRealtime(realtime).not.toHaveBroadcast(…)` throws an `AssertionError`. */
export function expectRealtime(realtime: AnyRealtime): RealtimeMatchers & { readonly not: RealtimeMatchers } {
  const asserting = (isWanted: boolean): RealtimeMatchers => {
    const assert = ({ pass, message }: MatcherResult): void => {
      if (pass !== isWanted) throw new AssertionError({ message: message() });
    };
    return {
      toHaveBroadcast: (...expected) => assert(realtimeMatchers.toHaveBroadcast(realtime, ...expected)),
      toHaveSentToUser: (...expected) => assert(realtimeMatchers.toHaveSentToUser(realtime, ...expected)),
      toHaveMember: (...expected) => assert(realtimeMatchers.toHaveMember(realtime, ...expected)),
    };
  };
  return { ...asserting(true), not: asserting(false) };
}

function sentResult(
  where: string,
  messages: readonly RecordedMessage[],
  expected: readonly [event?: string | undefined, data?: Expected],
): MatcherResult {
  const [event, ...data] = expected;
  const pass = messages.some(
    (message) => (event === undefined || message.event === event) && holds(data, message.data),
  );
  const wanted = `${event ?? 'message'} ${where}${data.length === 0 ? '' : ` with ${shown(data[0])}`}`;
  return result(pass, wanted, messages.map(messageLine));
}

/** Whether `actual` is as expected, where anything is. */
function holds(expected: readonly Expected[], actual: unknown): boolean {
  return expected.length === 0 || matches(expected[0], actual);
}

function result(pass: boolean, wanted: string, there: readonly string[]): MatcherResult {
  const found = there.length === 0 ? 'there was nothing' : `there was:\n${there.map((line) => `  ${line}`).join('\n')}`;
  return { pass, message: () => `expected ${pass ? 'no ' : ''}${wanted}; ${found}` };
}

function messageLine({ event, data, user }: RecordedMessage): string {
  return `${event} ${shown(data)}${user === undefined ? '' : ` from ${user}`}`;
}

function memberLine({ id, info }: Member): string {
  return `${id} ${shown(info)}`;
}

function shown(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Infinity });
}

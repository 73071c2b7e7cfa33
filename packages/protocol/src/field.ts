import { channelNameProblem, MAX_CHANNEL_BYTES } from './channel-name.ts';
import { MAX_CURSOR_LENGTH } from './cursor.ts';
import type { ErrorCode } from './error-code.ts';
import { eventNameProblem } from './event-name.ts';
import { jsonProblem } from './json-value.ts';

/** One field of a client frame: what it must look like, and the code for when it doesn't. */
export interface Field {
  readonly code: ErrorCode;
  /** What is wrong with `value`, or `undefined`. */
  problem(value: unknown): string | undefined;
}

/** 128 random bits are 22 characters of base64url; room for other alphabets. */
const INSTANCE = /^[A-Za-z0-9_-]{22,64}$/;
/** A resume list longer than any server's channel limit is an attack, not a client. */
const MAX_RESUME = 1000;
/** More messages than this are asked for page by page. */
const MAX_PAGE = 1000;

/** The same field, which may also be absent or `null`. */
export function optional(field: Field): Field {
  return {
    code: field.code,
    problem: (value) => (isAbsent(value) ? undefined : field.problem(value)),
  };
}

/** A whole number from 0 to 2^53 − 1. */
export function count(name: string): Field {
  return check(`${name} must be a whole number from 0`, (value) => Number.isSafeInteger(value) && Number(value) >= 0);
}

/** A whole number from 1 to 2^53 − 1. */
export function positive(name: string): Field {
  return check(`${name} must be a whole number from 1`, isPositive);
}

/** A string of 1 to `maxLength` UTF-16 units. */
export function text(name: string, maxLength: number): Field {
  return check(
    `${name} must be a string of 1 to ${maxLength} characters`,
    (value) => typeof value === 'string' && value.length > 0 && value.length <= maxLength,
  );
}

/** A JSON object, not an array. */
export function object(name: string): Field {
  return {
    code: 'BAD_FRAME',
    problem: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? jsonProblem(value)
        : `${name} must be an object`,
  };
}

export const channelName: Field = { code: 'BAD_NAME', problem: channelNameProblem };

export const eventName: Field = { code: 'BAD_NAME', problem: eventNameProblem };

/** Any JSON; absent data is refused, so that a frame cut short is not taken for one with `null`. */
export const data: Field = {
  code: 'INVALID_DATA',
  problem: (value) => (value === undefined ? 'data is missing' : jsonProblem(value)),
};

export const cursor: Field = check('cursor must be a string that the server sent', isCursor);

export const instance: Field = check(
  'instance must be 22 to 64 characters of base64url',
  (value) => typeof value === 'string' && INSTANCE.test(value),
);

export const resume: Field = check('resume must be a list of [channel, cursor, last?]', (value) => {
  if (!Array.isArray(value) || value.length > MAX_RESUME) return false;
  return value.every(
    (item: unknown) =>
      Array.isArray(item) &&
      typeof item[0] === 'string' &&
      item[0].length <= MAX_CHANNEL_BYTES &&
      (item[1] === null || isCursor(item[1])) &&
      (isAbsent(item[2]) || isPositive(item[2])),
  );
});

/** `true` or `false`. */
export function flag(name: string): Field {
  return check(`${name} must be true or false`, (value) => typeof value === 'boolean');
}

/** What to read of a channel's history: before one cursor, after one, or the newest. */
export const historyPage: Field = check(
  `page must be { before?, after?, limit }: one cursor at most, limit from 1 to ${MAX_PAGE}`,
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const { before, after, limit }: Readonly<Record<string, unknown>> = { ...value };
    if (!isAbsent(before) && !isAbsent(after)) return false;
    return (
      [before, after].every((place) => isAbsent(place) || isCursor(place)) && isPositive(limit) && limit <= MAX_PAGE
    );
  },
);

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isCursor(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_CURSOR_LENGTH;
}

function check(problem: string, holds: (value: unknown) => boolean): Field {
  return { code: 'BAD_FRAME', problem: (value) => (holds(value) ? undefined : problem) };
}

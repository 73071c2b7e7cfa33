import { RealtimeError } from '@rt/protocol';
import type { JsonValue } from '@rt/protocol';
import type { MemberInfo } from './member.ts';

/** What a client may say about itself, in bytes of JSON. */
const MAX_CLIENT_BYTES = 4096;

/** A member's info, and its JSON: written once for everybody who is told. */
export interface Info {
  readonly value: MemberInfo;
  readonly text: string;
}

/** The info that an authorizer answered; `undefined` is a plain yes. Throws `HANDLER_FAILED` where it is no JSON object. */
export function answeredInfo(answer: object | undefined): Info {
  let cause: unknown;
  try {
    const text: string | undefined = JSON.stringify(answer ?? {});
    // A copy: what the application does to its object later must not change a member behind everybody's back.
    const value: JsonValue = text === undefined ? null : JSON.parse(text);
    if (isObject(value)) return { value, text };
  } catch (error) {
    cause = error;
  }
  throw new RealtimeError('HANDLER_FAILED', 'the authorizer answered something that is no JSON object', { cause });
}

/** The info that a client asks for. Throws `INVALID_DATA`. */
export function offeredInfo(value: JsonValue): Info {
  if (!isObject(value)) throw new RealtimeError('INVALID_DATA', 'the info of a member must be an object');
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > MAX_CLIENT_BYTES) {
    throw new RealtimeError('INVALID_DATA', `the info of a member may have ${MAX_CLIENT_BYTES} bytes as JSON`);
  }
  return { value, text };
}

function isObject(value: JsonValue): value is MemberInfo {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { Option } from 'commander';
import { codeOf, failure, messageOf, usageError } from './command-error.ts';
import { printable } from './printable.ts';

/** Longer than a server waits for its broker (5 s), so that its own answer comes first. */
const ANSWER_TIMEOUT_MS = 15_000;

/** A message, as the HTTP API takes it. */
export interface ApiMessage {
  readonly channel: string;
  readonly event: string;
  readonly data?: unknown;
}

/** `--key` of the commands that publish. */
export function keyOption(): Option {
  return new Option('--key <key>', 'the API key of the server; in the environment it is out of sight of "ps"').env(
    'REALTIME_API_KEY',
  );
}

/**
 * Publishes through the HTTP API of the server at `base`, and resolves with its answer. Rejects with a usage error without a key that
 * can be one, and with a failure that says what the server refused for, or why it could not be asked.
 */
export async function publishMessage(base: string, key: string | undefined, message: ApiMessage): Promise<object> {
  if (key === undefined)
    throw usageError('an API key is needed: give --key or REALTIME_API_KEY the one the server has');
  // What a header can't carry is refused by fetch in words that repeat the key.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw usageError('the key has characters that no API key has: spaces, or others than ASCII');
  return post(base, key, message);
}

/** The server's answer. Throws a failure with what it refused for, or why it could not be asked. */
async function post(base: string, key: string, body: unknown): Promise<object> {
  const url = `${base}/api/v1/broadcast`;
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // Followed, a redirect would become a GET.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    ({ status } = response);
    answer = parsed(await response.text());
  } catch (error) {
    throw unreachable(base, error);
  }
  if (status === 200 && typeof answer === 'object' && answer !== null) return answer;
  if (status === 404) {
    throw failure(
      `NOT_FOUND: ${url} is not there: the server has no API key configured (rt serve --api-key), or --url is wrong`,
    );
  }
  throw failure(refusal(answer) ?? `${url} answered ${status} in words that are not an rt server's: correct --url`);
}

function unreachable(base: string, error: unknown): Error {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return failure(
      `DEADLINE: ${base} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s; the message may have been sent`,
      error,
    );
  }
  // fetch says only "fetch failed"; the reason is behind it.
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return failure(
    `no server answers at ${base} (${codeOf(cause) ?? messageOf(cause)}): start one with "rt serve", or correct --url`,
    error,
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `CODE: message` of an rt server's error body. */
function refusal(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return undefined;
  return printable(`${String(error.code)}: ${String(error.message)}`);
}

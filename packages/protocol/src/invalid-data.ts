import { RealtimeError } from './realtime-error.ts';
import type { SchemaIssue } from './standard-schema.ts';

/** So many of the issues are told, each of them so long. */
const MAX_ISSUES = 10;
const MAX_LENGTH = 300;

/**
 * `INVALID_DATA` for what a schema says of the data of `subject`: the message has the first issue and its path, `detail.issues`
 * has up to ten as `{ path, message }`.
 */
export function invalidData(issues: readonly SchemaIssue[], subject: string): RealtimeError {
  const told = issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => ({
    path: Array.from(path, (step) => String(typeof step === 'object' ? step.key : step).slice(0, MAX_LENGTH)),
    message: message.slice(0, MAX_LENGTH),
  }));
  const [first = { path: [], message: 'not what the contract says' }] = told;
  const where = ['data', ...first.path].join('.').slice(0, MAX_LENGTH);
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new RealtimeError('INVALID_DATA', `${subject}: ${where}: ${first.message}${others}`, {
    detail: { issues: told },
  });
}

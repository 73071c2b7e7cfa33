import { invalidData, RealtimeError } from '@rt/protocol';
import type { SchemaResult, StandardSchema } from '@rt/protocol';

/** What a schema made of a value. In a box of its own, as a value may be anything. */
export interface Checked {
  readonly value: unknown;
}

/** What is checked, and who hears of a schema that fails itself. */
export interface Subject {
  /** What the messages of errors begin with. */
  readonly name: string;
  readonly failed: (cause: unknown, name: string) => void;
}

/**
 * What `schema` makes of `value`; a promise where the schema takes its time. What it refuses is `INVALID_DATA`, whose message
 * names the path; a schema that fails itself is `HANDLER_FAILED`.
 */
export function checked(schema: StandardSchema, value: unknown, subject: Subject): Checked | Promise<Checked> {
  const failed = (cause: unknown): RealtimeError => {
    subject.failed(cause, subject.name);
    return new RealtimeError('HANDLER_FAILED', `the schema of ${subject.name} failed`, { cause });
  };
  const read = (result: SchemaResult<unknown>): Checked => {
    if (result.issues === undefined) return { value: result.value };
    throw invalidData(result.issues, subject.name);
  };
  try {
    const result = schema['~standard'].validate(value);
    if (!('then' in result)) return read(result);
    return Promise.resolve(result).then(read, (cause: unknown) => {
      throw failed(cause);
    });
  } catch (error) {
    throw error instanceof RealtimeError ? error : failed(error);
  }
}

/**
 * As `checked`, for what came over the wire. JSON has no `undefined`: data that was left out is `null` there, and is taken
 * for `undefined` where the schema does not take `null`.
 */
export function checkedJson(schema: StandardSchema, value: unknown, subject: Subject): Checked | Promise<Checked> {
  return value === null ? checkedNull(schema, subject) : checked(schema, value, subject);
}

async function checkedNull(schema: StandardSchema, subject: Subject): Promise<Checked> {
  try {
    return await checked(schema, null, subject);
  } catch (error) {
    const leftOut = await orUndefined(() => checked(schema, undefined, subject));
    if (leftOut === undefined) throw error;
    return leftOut;
  }
}

async function orUndefined<Made>(make: () => Made | Promise<Made>): Promise<Made | undefined> {
  try {
    return await make();
  } catch {
    // What is told is what was wrong with what came.
    return undefined;
  }
}

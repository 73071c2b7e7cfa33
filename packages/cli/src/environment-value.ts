import { usageError } from './command-error.ts';

/** The number that a variable says, or `undefined` where it is not set. Throws a usage error. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw usageError(`${name} is "${text}": use a whole number from ${from} to ${to}`);
}

/** What a variable says, or `undefined` where it is not set. Throws a usage error. */
export function trueOrFalse(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^(?:true|1)$/i.test(text)) return true;
  if (/^(?:false|0)$/i.test(text)) return false;
  throw usageError(`${name} is "${text}": use true or false`);
}

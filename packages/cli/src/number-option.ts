import { InvalidArgumentError } from 'commander';

/** A timer that is set to more fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Whether `value` is a port, 0 (a free one) included. */
export function isPort(value: unknown): value is number {
  return isWhole(value, 65_535);
}

/** Whether `value` is a time to drain in. */
export function isDrainMs(value: unknown): value is number {
  return isWhole(value, MAX_TIMER_MS);
}

/** A port as a flag or variable has it. Throws what commander shows. */
export function parsePort(text: string): number {
  return parseWhole(text, isPort, 'Use a whole number from 0 to 65535.');
}

/** A time to drain in, as a flag has it. Throws what commander shows. */
export function parseDrainMs(text: string): number {
  return parseWhole(text, isDrainMs, 'Use whole milliseconds, 0 or more.');
}

function parseWhole(text: string, allows: (value: unknown) => boolean, advice: string): number {
  // Number() alone would take '', '0x10' and '1e3'.
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  if (value === undefined || !allows(value)) throw new InvalidArgumentError(advice);
  return value;
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

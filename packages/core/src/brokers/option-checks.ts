import { RealtimeError } from '@rt/protocol';

/** What an option of a plug may be. A secret's value is not shown. */
export interface OptionCheck {
  readonly is: (value: unknown) => boolean;
  /** For people: what is taken. */
  readonly allowed: string;
  readonly isSecret?: true;
}

const MAX_SHOWN_LENGTH = 100;

/** Checks common to plugs. */
export const optionChecks = {
  text: {
    is: (value: unknown): boolean => typeof value === 'string' && value !== '',
    allowed: 'a text that is not empty',
  },
  flag: { is: (value: unknown): boolean => typeof value === 'boolean', allowed: 'true or false' },
  between: (low: number, high: number): OptionCheck => ({
    is: (value) => Number.isInteger(value) && Number(value) >= low && Number(value) <= high,
    allowed: `a whole number from ${low} to ${high}`,
  }),
  matching: (pattern: RegExp, allowed: string): OptionCheck => ({
    is: (value) => typeof value === 'string' && pattern.test(value),
    allowed,
  }),
  functionThat: (does: string): OptionCheck => ({
    is: (value) => typeof value === 'function',
    allowed: `a function that ${does}`,
  }),
  secret: (check: OptionCheck): OptionCheck => ({ ...check, isSecret: true }),
} as const;

/** Checks each option of the plug that `factory` makes. Throws `BAD_OPTION`, which names the option and what it may be. */
export function checkEachOption<Options extends object>(
  factory: string,
  options: Options,
  checks: Readonly<Record<keyof Options & string, OptionCheck>>,
): void {
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, key) ? checks[key as keyof Options & string] : undefined;
    if (check === undefined) throw badOption(factory, `there is no option ${key}`);
    if (value !== undefined && !check.is(value)) {
      const shown = check.isSecret ? '' : ` is ${show(value)},`;
      throw badOption(factory, `${key}${shown} must be ${check.allowed}`);
    }
  }
}

/** Throws `BAD_OPTION` where more than one of these options is given. */
export function checkAlternatives<Options extends object>(
  factory: string,
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length > 1) throw badOption(factory, `of ${given.join(' and ')} only one may be given`);
}

/** An option of the plug that `factory` makes is wrong. */
export function badOption(factory: string, message: string): RealtimeError {
  return new RealtimeError('BAD_OPTION', `${factory}: ${message}`);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, MAX_SHOWN_LENGTH) ?? typeof value;
}

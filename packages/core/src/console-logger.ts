import type { Logger } from './contracts/logger.ts';

/** From the most to the least that is said. `silent` says nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** How much a logger says. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What begins a line or talks to a terminal; JSON escapes only those below a space. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/**
 * A logger that writes one line an event to standard error: time, level, message, fields as JSON.
 * Control characters are escaped, so no name can forge a line or colour the terminal.
 */
export function consoleLogger(level: LogLevel = 'warn'): Logger {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (LOG_LEVELS.indexOf(name) < least) return;
      const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
      process.stderr.write(`${new Date().toISOString()} ${name} ${(message + rest).replace(CONTROLS, escaped)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

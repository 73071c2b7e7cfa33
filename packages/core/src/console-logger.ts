import type { Logger } from './contracts/logger.ts';

/** From the most to the least that is said. `silent` says nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** How much a logger says. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A logger that writes one line an event to standard error: time, level, message, fields as JSON.
 * JSON escapes control characters, so no name can forge a line or colour the terminal.
 */
export function consoleLogger(level: LogLevel = 'warn'): Logger {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (LOG_LEVELS.indexOf(name) < least) return;
      const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
      process.stderr.write(`${new Date().toISOString()} ${name} ${message}${rest}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

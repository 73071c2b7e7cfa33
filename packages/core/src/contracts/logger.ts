/**
 * Where the server says what happens. One call is one event; `fields` never hold tokens, keys or message data, but for what
 * an error of the application says itself: from that, only what its client proves itself with is taken out.
 * `console` fits, and so do pino and winston after a two-line wrapper.
 */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

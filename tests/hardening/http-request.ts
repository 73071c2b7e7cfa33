import { RawSocket } from './raw-socket.ts';
import type { RawAnswer } from './raw-socket.ts';

/** A request, written by hand. */
export interface RequestText {
  readonly method?: string;
  readonly path: string;
  /** Header lines as they are; `Host` is added. */
  readonly lines?: readonly string[];
  /** With its `Content-Length`; without one there is no such line. */
  readonly body?: string;
}

/** The text of a request as an honest client writes it. */
export function requestText({ method = 'POST', path, lines = [], body }: RequestText): string {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${method} /realtime${path} HTTP/1.1`, 'Host: localhost', ...lines, ...length, '', body ?? ''].join('\r\n');
}

/** Asks on a socket of its own. */
export async function ask(port: number, request: RequestText): Promise<RawAnswer> {
  const socket = await RawSocket.open(port);
  socket.write(requestText(request));
  return socket.answer();
}

/** A header of an answer; `undefined` where it has none. */
export function headerOf({ head }: RawAnswer, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1];
}

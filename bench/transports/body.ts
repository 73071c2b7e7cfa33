import type { IncomingMessage } from 'node:http';

/** All of a request's body, as a hand-written server reads it. */
export async function bodyOf(req: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of req.setEncoding('utf8')) body += String(chunk);
  return body;
}

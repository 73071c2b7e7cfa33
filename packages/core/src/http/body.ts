import { RealtimeError } from '@rt/protocol';
import type { IncomingMessage } from 'node:http';

/**
 * Reads a JSON body of at most `maxBytes`. Rejects with `BAD_FRAME` (not JSON, wrong content type, cut short) or `TOO_LARGE`.
 * The content type is required: a cross-site form can't send `application/json` without asking first.
 */
export async function readJson(req: IncomingMessage, maxBytes: number): Promise<unknown> {
  const [type] = (req.headers['content-type'] ?? '').split(';', 1);
  if (type?.trim().toLowerCase() !== 'application/json') {
    throw new RealtimeError('BAD_FRAME', 'send the body as content-type: application/json');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length > maxBytes) throw new RealtimeError('TOO_LARGE', `the body may have ${maxBytes} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof RealtimeError) throw error;
    throw new RealtimeError('BAD_FRAME', 'the body was cut short', { cause: error });
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw new RealtimeError('BAD_FRAME', 'the body is not JSON in UTF-8', { cause: error });
  }
}

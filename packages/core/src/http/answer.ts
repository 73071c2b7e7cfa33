import { errorTable } from '@rt/protocol';
import type { RealtimeError } from '@rt/protocol';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** How long a body that nobody wants is read, and thrown away. */
const LINGER_MS = 500;

/** Answers with JSON. */
export function answerJson(res: ServerResponse, status: number, body: unknown): void {
  writeJson(res, status, body);
  res.end();
}

function writeJson(res: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  res.write(text);
}

/**
 * Answers with the error's status and `{ error: { code, message, retryable, detail? } }`. Where the body has not come to its end, the
 * connection is closed, but not at once: that would be a reset, and who is still sending might never see the answer (RFC 9112 §9.6).
 */
export function answerError(req: IncomingMessage, res: ServerResponse, error: RealtimeError): void {
  if (req.complete) {
    answerJson(res, statusOf(error), errorBody(error));
    return;
  }
  res.setHeader('connection', 'close');
  writeJson(res, statusOf(error), errorBody(error));
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS).unref();
  req.once('end', end).once('close', end).resume();
}

/** Refuses an upgrade: the same answer, written to the bare socket. */
export function refuseUpgrade(socket: Duplex, error: RealtimeError): void {
  const status = statusOf(error);
  const text = `${JSON.stringify(errorBody(error))}\n`;
  // A reset while this is written must not end the process.
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}

function statusOf(error: RealtimeError): number {
  return errorTable[error.code].status ?? 500;
}

function errorBody({ code, message, retryable, detail }: RealtimeError): unknown {
  return { error: { code, message, retryable, ...(detail === undefined ? {} : { detail }) } };
}

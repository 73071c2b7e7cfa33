import { errorTable, RealtimeError } from '@rt/protocol';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../contracts/clock.ts';
import type { Limits } from '../limits.ts';

/** Frames of one body. */
const MAX_FRAMES = 100;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads bodies. All reject with `UNSUPPORTED_MEDIA_TYPE`, `TOO_LARGE`, `REQUEST_TIMEOUT` (not whole after `requestTimeoutMs`)
 * and `BAD_FRAME` (cut short, not UTF-8). The content type is required: a form of another site can't send `application/json`
 * without asking first.
 */
export class BodyReader {
  readonly #limits: Limits;
  readonly #clock: Clock;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Throws where the body is of another type. */
  requireJson(req: IncomingMessage): void {
    const [type] = (req.headers['content-type'] ?? '').split(';', 1);
    if (type?.trim().toLowerCase() === 'application/json') return;
    throw new RealtimeError('UNSUPPORTED_MEDIA_TYPE', errorTable.UNSUPPORTED_MEDIA_TYPE.message);
  }

  /** Throws where a request has one that should have none. */
  refuse(req: IncomingMessage): void {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = req.headers;
    if (length === '0' && coding === undefined) return;
    this.requireJson(req);
    throw new RealtimeError('BAD_FRAME', 'this request has no body');
  }

  /** A message of the wire: 1..100 frames joined by LF. They are counted, not read. */
  async frames(req: IncomingMessage): Promise<string> {
    const text = await this.#text(req, this.#limits.maxFrameBytes);
    let frames = 1;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      if (++frames > MAX_FRAMES) throw new RealtimeError('TOO_LARGE', `a body may have ${MAX_FRAMES} frames`);
    }
    return text;
  }

  /** JSON of at most `maxBytes`. */
  async json(req: IncomingMessage, maxBytes: number): Promise<unknown> {
    const text = await this.#text(req, maxBytes);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new RealtimeError('BAD_FRAME', 'the body is not JSON', { cause: error });
    }
  }

  async #text(req: IncomingMessage, maxBytes: number): Promise<string> {
    this.requireJson(req);
    const bytes = await this.#bytes(req, maxBytes);
    try {
      return UTF8.decode(bytes);
    } catch (error) {
      throw new RealtimeError('BAD_FRAME', 'the body is not UTF-8', { cause: error });
    }
  }

  #bytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
    // Made where it is needed: an error takes its stack, which is most of what reading a small body costs.
    const tooLarge = (): RealtimeError => new RealtimeError('TOO_LARGE', `the body may have ${maxBytes} bytes`);
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
    if (req.readableEnded || req.destroyed) {
      return Promise.reject(new RealtimeError('BAD_FRAME', 'the body was read already, or cut short'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const settle = (end: () => void): void => {
      cancel();
      req.off('data', onData).off('end', onEnd).off('close', onCut).off('error', onCut);
      end();
    };
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else settle(() => reject(tooLarge()));
    };
    const onEnd = (): void => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const onCut = (): void => settle(() => reject(new RealtimeError('BAD_FRAME', 'the body was cut short')));
    const onLate = (): void =>
      settle(() => reject(new RealtimeError('REQUEST_TIMEOUT', errorTable.REQUEST_TIMEOUT.message)));
    const cancel = this.#clock.after(this.#limits.requestTimeoutMs, onLate);
    req.on('data', onData).once('end', onEnd).once('close', onCut).once('error', onCut);
    return promise;
  }
}

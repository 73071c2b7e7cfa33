import { RealtimeError } from '@rt/protocol';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../contracts/clock.ts';
import type { BodyReader } from '../http/body.ts';
import type { Route } from '../http/router.ts';
import type { AllSessions } from './all-sessions.ts';
import { keyOf, sequenceOf } from './session-headers.ts';

/** `/send`: what the clients of sessions say. POST is a numbered message of the wire, DELETE the end. Answered with 204. */
export class SendRoute implements Route {
  readonly methods = ['POST', 'DELETE'];
  readonly isForPages = true;
  readonly #sessions: AllSessions;
  readonly #bodies: BodyReader;
  readonly #clock: Clock;

  constructor(sessions: AllSessions, bodies: BodyReader, clock: Clock) {
    this.#sessions = sessions;
    this.#bodies = bodies;
    this.#clock = clock;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method === 'DELETE') await this.#sessions.leave(keyOf(req));
    else await this.#post(req);
    res.writeHead(204, ['cache-control', 'no-store']).end();
  }

  async #post(req: IncomingMessage): Promise<void> {
    // First, so that a form of another site is told nothing else.
    this.#bodies.requireJson(req);
    const [key, sequence] = [keyOf(req), sequenceOf(req)];
    let frames: string;
    try {
      frames = await this.#bodies.frames(req);
    } catch (error) {
      if (error instanceof RealtimeError && error.code === 'TOO_LARGE') await this.#sessions.refuseLarge(key);
      throw error;
    }
    await this.#sessions.post(key, sequence, frames);
    // What the frames are answered with at the end of this tick is waited for, this answer is not.
    await new Promise<void>((resolve) => this.#clock.soon(resolve));
  }
}

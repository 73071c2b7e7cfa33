import type { IncomingMessage } from 'node:http';
import type { Connection } from '../connection/connection.ts';
import type { HttpSession, HttpSessions, Poll, PollAnswer, SessionLink } from '../contracts/http-sessions.ts';
import type { BodyReader } from '../http/body.ts';
import type { AllSessions } from './all-sessions.ts';
import type { OwnSessions } from './own-sessions.ts';
import { keyOf, sequenceOf } from './session-headers.ts';

/** What a transport's sessions need of their node. */
export interface TransportSessionServices {
  readonly own: OwnSessions;
  readonly all: AllSessions;
  readonly bodies: BodyReader;
  /** A new connection of the transport, or why not. */
  open(link: SessionLink, req: IncomingMessage): Connection;
}

/** Sessions, as one transport sees them. */
export class TransportSessions implements HttpSessions {
  readonly #services: TransportSessionServices;

  constructor(services: TransportSessionServices) {
    this.#services = services;
  }

  frames(req: IncomingMessage): Promise<string> {
    return this.#services.bodies.frames(req);
  }

  open(link: SessionLink, req: IncomingMessage): HttpSession {
    const session = this.#services.open(link, req);
    return { session, secret: this.#services.own.add(session, link) };
  }

  async poll(req: IncomingMessage, poll: Omit<Poll, 'sequence'>): Promise<PollAnswer> {
    const [key, sequence] = [keyOf(req), sequenceOf(req)];
    this.#services.bodies.refuse(req);
    return this.#services.all.poll(key, { ...poll, sequence });
  }
}

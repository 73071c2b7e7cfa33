import { RealtimeError } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Poll, PollAnswer, SessionLink } from '../contracts/http-sessions.ts';
import { isProof, newSecret, sessionKey, unknownSession } from './session-key.ts';
import type { SessionKey } from './session-key.ts';

/** How long the last answer of a session that has ended may be asked for again. */
const LINGER_MS = 10_000;

interface OwnSession {
  readonly connection: Connection;
  readonly link: SessionLink;
  readonly digest: string;
  /** Number of the last post that was taken. */
  taken: number;
}

/** The sessions that live on this node. */
export class OwnSessions {
  readonly #clock: Clock;
  readonly #byConnection = new Map<string, OwnSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new session; answers its secret. */
  add(connection: Connection, link: SessionLink): string {
    const secret = newSecret(connection.id);
    const { digest } = sessionKey(secret);
    this.#byConnection.set(connection.id, { connection, link, digest, taken: 0 });
    return secret;
  }

  /** The connection called `id` has ended. It may have had no session. */
  ended(id: string): void {
    const session = this.#byConnection.get(id);
    if (session === undefined) return;
    // One that was never let in has no answer but the one that told it so; strangers must leave nothing behind.
    if (session.link.poll === undefined || !session.connection.wasOpen) this.#byConnection.delete(id);
    else this.#clock.after(LINGER_MS, () => this.#byConnection.delete(id));
  }

  async poll(key: SessionKey, poll: Poll): Promise<PollAnswer> {
    const { link } = this.#find(key);
    if (link.poll === undefined) throw new RealtimeError('BAD_FRAME', 'this session has a stream, nothing to poll');
    return link.poll(poll);
  }

  /** Takes post number `sequence`, once: the same again is only answered, because its first answer was lost. */
  post(key: SessionKey, sequence: number, frames: string): void {
    const session = this.#findOpen(key);
    const { connection, taken } = session;
    if (sequence === taken + 1) {
      session.taken = sequence;
      connection.receive(frames);
      return;
    }
    // Counted, as no frame is: or it could be repeated without end.
    connection.receivedControl();
    if (sequence !== taken) throw new RealtimeError('BAD_FRAME', `rt-sequence is not ${taken + 1}, the next post`);
  }

  /** The client leaves. */
  leave(key: SessionKey): void {
    this.#findOpen(key).link.leave();
  }

  /** What the client posted is larger than the limit: that ends a connection, whatever its transport. */
  refuseLarge(key: SessionKey): void {
    this.#findOpen(key).connection.close('TOO_LARGE');
  }

  #findOpen(key: SessionKey): OwnSession {
    const session = this.#find(key);
    if (session.connection.state === 'closed') throw unknownSession();
    return session;
  }

  /** Throws `UNKNOWN_SESSION`, and `FORBIDDEN` where the proof is none. */
  #find({ connection, digest }: SessionKey): OwnSession {
    const session = this.#byConnection.get(connection);
    if (session === undefined) throw unknownSession();
    if (!isProof(digest, session.digest)) throw new RealtimeError('FORBIDDEN', 'this is not your session');
    return session;
  }
}

import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import type { Everywhere } from '../cluster/everywhere.ts';
import type { Input, Output, Question } from '../cluster/questions.ts';
import type { Poll, PollAnswer } from '../contracts/http-sessions.ts';
import type { Logger } from '../contracts/logger.ts';
import type { OwnSessions } from './own-sessions.ts';
import type { SessionKey } from './session-key.ts';
import { unknownSession } from './session-key.ts';

/** Time for another node to answer, beside the time that a poll may wait there. */
const ANSWER_MS = 2_000;

/** What finding a session needs of its node. */
export interface SessionServices {
  readonly own: OwnSessions;
  readonly everywhere: Everywhere;
  readonly nodeId: string;
  readonly logger: Logger;
}

/**
 * The sessions of all nodes: what is asked of one is answered by the node that it lives on. Everything rejects with
 * `UNKNOWN_SESSION` where that is gone, `DEADLINE` where it does not answer, and `FORBIDDEN` for a wrong secret.
 */
export class AllSessions {
  readonly #services: SessionServices;

  constructor(services: SessionServices) {
    this.#services = services;
  }

  async poll(key: SessionKey, poll: Poll): Promise<PollAnswer> {
    const { own, nodeId, logger } = this.#services;
    if (key.connection.startsWith(`${nodeId}.`)) return own.poll(key, poll);
    const { sequence, holdMs, signal } = poll;
    const id = randomBytes(9).toString('base64url');
    const stop = (): void => {
      this.#ask(key, 'stopPoll', { ...key, id }).catch((error: unknown) => {
        // Then it waits there for its time.
        logger.debug('a poll on another node was not called off', { error: String(error) });
      });
    };
    signal.addEventListener('abort', stop);
    try {
      const answer = await this.#ask(key, 'poll', { ...key, id, sequence, holdMs }, holdMs + ANSWER_MS);
      return {
        body: Buffer.from(answer.body),
        ...(answer.sequence !== undefined && { sequence: answer.sequence }),
        ...(answer.close !== undefined && { close: answer.close }),
      };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Takes a numbered post; `BAD_FRAME` where it is not the next one. */
  async post(key: SessionKey, sequence: number, frames: string): Promise<void> {
    await this.#ask(key, 'post', { ...key, sequence, frames });
  }

  async leave(key: SessionKey): Promise<void> {
    await this.#ask(key, 'leave', key);
  }

  /** Ends it as too much was posted. */
  async refuseLarge(key: SessionKey): Promise<void> {
    await this.#ask(key, 'refuseLarge', key);
  }

  async #ask<Name extends Question>(
    { connection }: SessionKey,
    name: Name,
    input: Input<Name>,
    answerMs?: number,
  ): Promise<Output<Name>> {
    try {
      return await this.#services.everywhere.at(connection, name, input, answerMs);
    } catch (error) {
      throw error instanceof RealtimeError && error.code === 'UNKNOWN_CONNECTION' ? unknownSession() : error;
    }
  }
}

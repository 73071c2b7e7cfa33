import { jsonProblem, RealtimeError } from '@rt/protocol';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { instanceHash } from '../connection/instance.ts';
import type { ApplicationContract } from '../application-contract/application-contract.ts';
import type { Messages } from '../delivery/messages.ts';
import type { Limits } from '../limits.ts';
import { answerJson } from './answer.ts';
import type { ApiKey } from './api-key.ts';
import type { BodyReader } from './body.ts';

/** As long as a user's id may be, whose channel has a name of at most 164 characters. */
const MAX_USER_ID = 164 - 'user.'.length;
/** Room for names, ids and JSON's own characters beside the data. */
const ENVELOPE_BYTES = 2048;

const schema = z.strictObject({
  channel: z.string(),
  event: z.string(),
  data: z.unknown().optional(),
  except: z
    .strictObject({ instance: z.string().min(1).max(64), user: z.string().min(1).max(MAX_USER_ID).optional() })
    .optional(),
});

/** `POST …/api/v1/broadcast`: `{ channel, event, data?, except? }` is answered with `{ id }` once the broker accepted it. */
export class BroadcastRoute {
  readonly #key: ApiKey;
  readonly #contract: ApplicationContract | undefined;
  readonly #messages: Messages;
  readonly #limits: Limits;
  readonly #bodies: BodyReader;
  readonly #start: () => Promise<void>;

  /** `start` makes sure that the broker is there, and rejects with `CLOSING` once it is not any more. */
  constructor(
    key: ApiKey,
    services: {
      messages: Messages;
      contract: ApplicationContract | undefined;
      limits: Limits;
      bodies: BodyReader;
      start: () => Promise<void>;
    },
  ) {
    const { messages, contract, limits, bodies, start } = services;
    this.#contract = contract;
    this.#bodies = bodies;
    this.#key = key;
    this.#start = start;
    this.#messages = messages;
    this.#limits = limits;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.#key.check(req);
    const body = schema.safeParse(await this.#bodies.json(req, this.#limits.maxMessageBytes + ENVELOPE_BYTES));
    if (!body.success) {
      const issue = body.error.issues[0];
      throw new RealtimeError(
        'BAD_FRAME',
        `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'not allowed'}`,
      );
    }
    const { channel, event, data, except } = body.data;
    const problem = jsonProblem(data);
    if (problem !== undefined) throw new RealtimeError('INVALID_DATA', problem);
    const checked = await this.#contract?.incoming(channel, event, data ?? null);
    const dataText = this.#messages.checked(channel, event, checked === undefined ? data : checked.value);
    await this.#start();
    const published = await this.#messages.publish({
      channel,
      event,
      dataText,
      except: except && instanceHash(except.user, except.instance),
    });
    answerJson(res, 200, published);
  }
}

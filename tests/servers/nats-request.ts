import { once } from 'node:events';
import { connect } from 'node:net';

/** What a NATS server says about itself to whoever connects, as far as tests look at it. */
export interface NatsInfo {
  readonly server_name: string;
  readonly jetstream?: boolean;
}

/** How to reach a NATS server. */
export interface NatsAddress {
  readonly host: string;
  readonly port: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** What a server that is only busy, with its disk for instance, answers within. */
const WITHIN_MS = 15_000;
/** For what is asked again and again: some questions nobody answers yet. */
export const ASKED_AGAIN_MS = 2_000;

/** Connects and reads the greeting. */
export function natsInfo(address: NatsAddress): Promise<NatsInfo> {
  return converse(
    { ...address, withinMs: ASKED_AGAIN_MS },
    '',
    /^INFO (\{.*\}) ?\r\n/,
    (match) => JSON.parse(match[1]!) as NatsInfo,
  );
}

/** Publishes `payload`; resolves when the server has it. */
export function natsPublish(address: NatsAddress, subject: string, payload: string): Promise<void> {
  const lines = `PUB ${subject} ${Buffer.byteLength(payload)}\r\n${payload}\r\nPING\r\n`;
  return converse(address, lines, /\r\nPONG\r\n/, () => undefined);
}

/** What is asked, and how long an answer is waited for. */
interface NatsAsk {
  readonly payload?: string | undefined;
  readonly withinMs?: number | undefined;
}

/** Asks `subject` and resolves with the answer, which has to be JSON. */
export function natsRequest(
  address: NatsAddress,
  subject: string,
  { payload = '', withinMs = WITHIN_MS }: NatsAsk = {},
): Promise<unknown> {
  const lines = `SUB _INBOX.t 1\r\nPUB ${subject} _INBOX.t ${Buffer.byteLength(payload)}\r\n${payload}\r\n`;
  const answer = /MSG _INBOX\.t 1 (?:\S+ )?(\d+)\r\n/;
  return converse({ ...address, withinMs }, lines, answer, (match, text) => {
    const from = match.index + match[0].length;
    const end = from + Number(match[1]);
    return Buffer.byteLength(text) >= end ? (JSON.parse(text.slice(from, end)) as unknown) : undefined;
  });
}

/** Writes `lines` behind a CONNECT, and reads until `wanted` has come and `parse` makes something of it. */
async function converse<Answer>(
  { host, port, user, password, withinMs = WITHIN_MS }: NatsAddress & Pick<NatsAsk, 'withinMs'>,
  lines: string,
  wanted: RegExp,
  parse: (match: RegExpExecArray, text: string) => Answer | undefined,
): Promise<Answer> {
  const socket = connect({ host, port, timeout: withinMs });
  socket.setEncoding('latin1');
  socket.on('timeout', () => socket.destroy(new Error(`NATS did not answer within ${withinMs} ms`)));
  try {
    await once(socket, 'connect');
    const login = user === undefined ? {} : { user, pass: password };
    if (lines !== '')
      socket.write(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...login })}\r\n${lines}`);
    let text = '';
    for await (const part of socket) {
      text += String(part);
      const match = wanted.exec(text);
      const answer = match === null ? undefined : parse(match, text);
      if (match !== null && (answer !== undefined || wanted.source.includes('PONG'))) return answer as Answer;
      const refusal = /-ERR '(.*)'/.exec(text);
      if (refusal !== null) throw new Error(`NATS: ${refusal[1]}`);
    }
    throw new Error('NATS closed the connection');
  } finally {
    socket.destroy();
  }
}

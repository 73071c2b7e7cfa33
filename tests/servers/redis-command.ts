import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeResp, encodeCommand, RespSplitter } from './resp.ts';
import type { RespValue } from './resp.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** The number of the database. Default 0. */
  readonly database?: number;
  /** The certificate to trust, whomever it is for, PEM: goes over TLS. Default: not encrypted. */
  readonly ca?: string | undefined;
}

/** Runs one command on a connection of its own. Rejects with what Redis answers if that is an error. */
export async function redisCommand(
  address: RedisAddress,
  args: readonly (string | number)[],
  timeoutMs = 10_000,
): Promise<RespValue> {
  const commands = [...preparation(address), args];
  const replies = await exchange(address, commands, timeoutMs);
  const refused = replies.find((reply) => reply instanceof Error);
  if (refused !== undefined) throw refused;
  return replies.at(-1)!;
}

function preparation({ username, password, database = 0 }: RedisAddress): (readonly (string | number)[])[] {
  const login = password === undefined ? [] : [['AUTH', ...(username === undefined ? [] : [username]), password]];
  return [...login, ...(database === 0 ? [] : [['SELECT', database]])];
}

/** Sends `commands` together and waits for as many replies. */
function exchange(
  { host, port, ca }: RedisAddress,
  commands: readonly (readonly (string | number)[])[],
  timeoutMs: number,
): Promise<RespValue[]> {
  return new Promise((resolve, reject) => {
    const replies: RespValue[] = [];
    const splitter = new RespSplitter();
    const socket =
      ca === undefined ? connect({ host, port }) : connectTls({ host, port, ca, checkServerIdentity: () => undefined });
    const timer = setTimeout(
      () => socket.destroy(new Error(`Redis at ${host}:${port} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.on('data', (chunk) => {
      replies.push(...splitter.push(chunk).map(decodeResp));
      if (replies.length < commands.length) return;
      resolve(replies);
      socket.destroy();
    });
    socket.on('end', () => socket.destroy(new Error(`Redis at ${host}:${port} ended the connection`)));
    socket.on('error', reject);
    socket.on('close', () => clearTimeout(timer));
    socket.write(commands.map(encodeCommand).join(''));
  });
}

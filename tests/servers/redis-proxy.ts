import type { Redis } from './redis-server.ts';
import { decodeResp, RespSplitter } from './resp.ts';
import type { RespValue } from './resp.ts';
import { startProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** Starts a proxy in front of a Redis that sees whole commands, replies and deliveries, so that one of them can be dropped. */
export function startRedisProxy(redis: Redis): Promise<TcpProxy> {
  return startProxy({ host: redis.host, port: redis.port, framing: () => new RespSplitter() });
}

/** A frame that says what `test` wants, for `dropNext` and `tamper`. */
export function says(test: (value: RespValue) => boolean): (frame: Buffer) => boolean {
  return (frame) => test(decodeResp(frame));
}

/** A message that Redis delivers to a subscriber of `channel` or of a pattern; `text`: what must be in it. */
export function delivers(channel: string, text = ''): (frame: Buffer) => boolean {
  return says((value) => {
    if (!Array.isArray(value)) return false;
    const [kind, ...rest] = value as readonly RespValue[];
    const [from, message] = kind === 'pmessage' ? rest.slice(1) : rest;
    const isMessage = kind === 'message' || kind === 'smessage' || kind === 'pmessage';
    return isMessage && from === channel && String(message).includes(text);
  });
}

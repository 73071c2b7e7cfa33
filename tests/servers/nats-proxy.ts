import type { Nats } from './nats-server.ts';
import type { Framing } from './proxy-pipe.ts';
import { startProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** The lines behind which a payload follows, and its length: `MSG`, `HMSG`, `PUB`, `HPUB` (NATS client protocol). */
const WITH_PAYLOAD = /^H?(?:MSG|PUB) (?:.* )?(\d+)\r\n$/i;

/** Cuts a stream of NATS into its messages, each with its payload. */
class NatsSplitter implements Framing {
  #rest = Buffer.alloc(0);

  push(chunk: Buffer): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    for (;;) {
      const lineEnd = this.#rest.indexOf('\r\n') + 2;
      if (lineEnd === 1) return frames;
      const payload = WITH_PAYLOAD.exec(this.#rest.toString('latin1', 0, lineEnd))?.[1];
      const end = payload === undefined ? lineEnd : lineEnd + Number(payload) + 2;
      if (this.#rest.length < end) return frames;
      frames.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** Starts a proxy in front of a NATS that sees whole messages, so that one of them can be dropped. */
export function startNatsProxy({ host, port }: Nats): Promise<TcpProxy> {
  return startProxy({ host, port, framing: () => new NatsSplitter() });
}

/** A message that NATS delivers from a stream, with `text` in it. */
export function deliversStored(text: string): (frame: Buffer) => boolean {
  return (frame) => /^H?MSG \S+ \S+ \$JS\.ACK\./.test(frame.toString('latin1', 0, 200)) && frame.includes(text);
}

import type { Framing } from './proxy-pipe.ts';
import type { RabbitmqServer } from './rabbitmq-server.ts';
import { startProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** Of AMQP 0-9-1: what a frame begins with, and the kinds of frames. */
const HEAD_BYTES = 7;
const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const BASIC = 60;
/** Publish, return, deliver and get-ok: content follows. */
const WITH_CONTENT: readonly number[] = [40, 50, 60, 71];

/** Cuts a stream of AMQP 0-9-1 into its methods, each with its content. */
class AmqpSplitter implements Framing {
  #rest = Buffer.alloc(0);
  /** The frames of a message of which more is to come. */
  #message: Buffer[] = [];
  #bodyBytes = 0;

  push(chunk: Buffer): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const units: Buffer[] = [];
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) {
      const unit = this.#unit(frame);
      if (unit !== undefined) units.push(unit);
    }
    return units;
  }

  #frame(): Buffer | undefined {
    // What a client says first.
    const isGreeting = this.#rest.toString('latin1', 0, 4) === 'AMQP';
    if (!isGreeting && this.#rest.length < HEAD_BYTES) return undefined;
    const end = isGreeting ? 8 : HEAD_BYTES + this.#rest.readUInt32BE(3) + 1;
    if (this.#rest.length < end) return undefined;
    const frame = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    return frame;
  }

  #unit(frame: Buffer): Buffer | undefined {
    const hasContent = isBasic(frame, WITH_CONTENT);
    if (hasContent) this.#bodyBytes = Number.POSITIVE_INFINITY;
    else if (this.#bodyBytes === 0) return frame;
    else if (frame[0] === HEADER) this.#bodyBytes = Number(frame.readBigUInt64BE(HEAD_BYTES + 4));
    else if (frame[0] === BODY) this.#bodyBytes -= frame.length - HEAD_BYTES - 1;
    this.#message.push(frame);
    if (this.#bodyBytes > 0) return undefined;
    const unit = Buffer.concat(this.#message);
    this.#message = [];
    return unit;
  }
}

function isBasic(frame: Buffer, methods: readonly number[]): boolean {
  return (
    frame[0] === METHOD &&
    frame.readUInt16BE(HEAD_BYTES) === BASIC &&
    methods.includes(frame.readUInt16BE(HEAD_BYTES + 2))
  );
}

/** Starts a proxy in front of a RabbitMQ that sees whole messages, so that one of them can be dropped. */
export function startRabbitmqProxy({ host, port }: RabbitmqServer): Promise<TcpProxy> {
  return startProxy({ host, port, framing: () => new AmqpSplitter() });
}

/** A message that RabbitMQ delivers, with `text` in it. */
export function deliversMessage(text: string): (unit: Buffer) => boolean {
  return (unit) => isBasic(unit, [60]) && unit.includes(text);
}

import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Link } from './link.ts';

/** Time for the other servers to answer. One that doesn't has no node of ours any more. */
const ANSWER_MS = 500;
/** More servers than any cluster has: what is heard may be made up. */
const MAX_SERVERS = 100;
/** Names of servers, and numbers of rounds: nothing else is answered to. */
const ROUND = /^(\d{1,15}) (\S{1,200})$/;

/**
 * Makes sure that every server with a node of ours knows what this node is subscribed to. Between the servers of a cluster that takes a
 * moment, in which what is published elsewhere would be missed. What goes from one server to another stays in order, so whoever
 * answers from there to a question that was sent behind the subscription has the subscription too.
 */
export class Spread {
  readonly #link: Link;
  readonly #node: string;
  /** The other servers on which nodes of ours were heard of. */
  readonly #servers = new Set<string>();
  readonly #waiting = new Map<string, { readonly missing: Set<string>; readonly done: () => void }>();
  #connection: NatsConnection | undefined;
  #queue: Subscription | undefined;
  #round: Promise<void> | undefined;
  #rounds = 0;

  constructor(link: Link, node: string) {
    this.#link = link;
    this.#node = node;
  }

  /** Answers others from now on, and asks who is there. */
  open(connection: NatsConnection): void {
    const { names } = this.#link;
    this.#connection = connection;
    connection.subscribe(names.hello, {
      callback: (error, message) => {
        if (error === null) this.#asked(message);
      },
    });
    connection.subscribe(names.answer(this.#node), {
      callback: (error, message) => {
        if (error === null) this.#answered(message);
      },
    });
    this.moved();
  }

  /** The connection may be one to another server now. */
  moved(): void {
    const connection = this.#connection!;
    const { names } = this.#link;
    this.#queue?.unsubscribe();
    // One answer for each server is enough: each of them is a queue of its own.
    this.#queue = connection.subscribe(names.spread, {
      queue: this.#server,
      callback: (error, message) => {
        if (error === null) this.#asked(message);
      },
    });
    this.#servers.delete(this.#server);
    this.#ask(names.hello);
  }

  /** Resolves when every server knows all that was subscribed to before this call. */
  confirm(): Promise<void> {
    this.#round ??= new Promise<void>((resolve, reject) => {
      this.#link.clock.soon(() => {
        this.#round = undefined;
        this.#confirm().then(resolve, reject);
      });
    });
    return this.#round;
  }

  async #confirm(): Promise<void> {
    await this.#link.connection().flush();
    if (this.#servers.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const missing = new Set(this.#servers);
    const round = this.#ask(this.#link.names.spread);
    this.#waiting.set(round, { missing, done: resolve });
    const end = this.#link.clock.after(ANSWER_MS, resolve);
    await promise;
    end();
    this.#waiting.delete(round);
    for (const server of missing) this.#servers.delete(server);
  }

  get #server(): string {
    return this.#connection?.info?.server_id ?? '';
  }

  #ask(subject: string): string {
    const round = String(++this.#rounds);
    this.#connection!.publish(subject, `${round} ${this.#server}`, { reply: this.#link.names.answer(this.#node) });
    return round;
  }

  #asked(message: Msg): void {
    const [, round, server] = ROUND.exec(message.string()) ?? [];
    const { reply } = message;
    if (round === undefined || server === undefined || !this.#link.names.isAnswer(reply ?? '')) return;
    this.#heardOf(server);
    this.#connection!.publish(reply!, `${round} ${this.#server}`);
  }

  #answered(message: Msg): void {
    const [, round, server] = ROUND.exec(message.string()) ?? [];
    if (round === undefined || server === undefined) return;
    this.#heardOf(server);
    const waiting = this.#waiting.get(round);
    waiting?.missing.delete(server);
    if (waiting?.missing.size === 0) waiting.done();
  }

  #heardOf(server: string): void {
    if (server !== this.#server && this.#servers.size < MAX_SERVERS) this.#servers.add(server);
  }
}

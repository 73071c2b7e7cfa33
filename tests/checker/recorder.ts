import { textOf } from './recording.ts';
import type { Fact, FactOf, Recording } from './recording.ts';

type Fields<What extends Fact['what']> = Omit<FactOf<What>, 'what'>;

/** Writes down what happens in a run. Call it at the moment, before anything else can happen. */
export class Recorder {
  readonly #seed: number | string | undefined;
  readonly #facts: Fact[] = [];
  readonly #channels = new Map<number, string>();

  constructor(seed?: number | string) {
    this.#seed = seed;
  }

  /** What was recorded so far. */
  get recording(): Recording {
    return { seed: this.#seed, facts: [...this.#facts] };
  }

  /** A publish begins; call it before the call that publishes. Gives its number, for `acknowledged` and `failed`. */
  published(
    fields: Omit<Fields<'published'>, 'publish' | 'by' | 'text'> & { readonly data: unknown; readonly by?: string },
  ): number {
    const { channel, data, by = 'server', publishId, except } = fields;
    const publish = this.#channels.size + 1;
    this.#channels.set(publish, channel);
    this.#facts.push({ what: 'published', publish, channel, text: textOf(data), by, publishId, except });
    return publish;
  }

  /** It resolved. Without a cursor it is on the bus, or a handler consumed it. */
  acknowledged(publish: number, cursor?: string | null): void {
    this.#facts.push({ what: 'acknowledged', publish, channel: this.#channelOf(publish), cursor });
  }

  /** It rejected. It may have arrived all the same. */
  failed(publish: number, code: string): void {
    this.#facts.push({ what: 'failed', publish, channel: this.#channelOf(publish), code });
  }

  /** A subscription was confirmed: everything after its place follows. */
  confirmed(fields: Fields<'confirmed'>): void {
    this.#facts.push({ what: 'confirmed', ...fields });
  }

  /** A message arrived. */
  delivered({ data, ...fields }: Omit<Fields<'delivered'>, 'text'> & { readonly data: unknown }): void {
    this.#facts.push({ what: 'delivered', ...fields, text: textOf(data) });
  }

  /** The server left out what stands up to that place, because the subscriber is not to get it. */
  skip(fields: Fields<'skip'>): void {
    this.#facts.push({ what: 'skip', ...fields });
  }

  /** The server said that messages are missing, and where it goes on. */
  gap(fields: Fields<'gap'>): void {
    this.#facts.push({ what: 'gap', ...fields });
  }

  /** The test made the log lose what it had stored: that may be missing, but never in silence. */
  lost(fields: Fields<'lost'>): void {
    this.#facts.push({ what: 'lost', ...fields });
  }

  /** The subscriber does not read what it is sent, so that the server may go on without it until it does. */
  stalled(subscriber: string): void {
    this.#facts.push({ what: 'stalled', subscriber });
  }

  /** It has read all that it was sent. */
  reading(subscriber: string): void {
    this.#facts.push({ what: 'reading', subscriber });
  }

  /** The connection went, with all its subscriptions; they are to be confirmed again. */
  disconnected(subscriber: string): void {
    this.#facts.push({ what: 'disconnected', subscriber });
  }

  /** A subscription was ended or refused: the next one of this subscriber starts anew. */
  ended(subscriber: string, channel: string): void {
    this.#facts.push({ what: 'ended', subscriber, channel });
  }

  /** The subscriber is subscribed and nothing is on its way any more: it has to have everything. */
  final(subscriber: string, channel: string): void {
    this.#facts.push({ what: 'final', subscriber, channel });
  }

  #channelOf(publish: number): string {
    const channel = this.#channels.get(publish);
    if (channel === undefined) throw new Error(`publish ${publish} was never recorded`);
    return channel;
  }
}

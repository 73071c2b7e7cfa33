import { ReaderEncoding } from './reader-encoding.ts';
import type { ReaderLink } from './reader-link.ts';

/** The plain readers of each channel: those of one channel share an encoding, so that core encodes once for all of them. */
export class Readers {
  readonly #byChannel = new Map<string, Set<ReaderLink>>();

  /** The encoding for one more reader of `channel`. */
  encodingOf(channel: string): ReaderEncoding {
    const [present] = this.#byChannel.get(channel) ?? [];
    return present?.encoding ?? new ReaderEncoding(channel);
  }

  add(link: ReaderLink): void {
    const { channel } = link.encoding;
    const links = this.#byChannel.get(channel);
    if (links === undefined) this.#byChannel.set(channel, new Set([link]));
    else links.add(link);
  }

  delete(link: ReaderLink): void {
    const { channel } = link.encoding;
    const links = this.#byChannel.get(channel);
    if (links?.delete(link) === true && links.size === 0) this.#byChannel.delete(channel);
  }
}

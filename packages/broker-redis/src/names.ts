/** Channels are spread over this many buckets: on a cluster a bucket is what is moved, scripted and listened to as one. */
export const BUCKETS = 256;

const SLOTS = 16_384;

/** The bucket of a channel: FNV-1a. Never changes, as every node and every stored key depends on it. */
export function bucketOf(channel: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < channel.length; index++) {
    hash = Math.imul(hash ^ channel.charCodeAt(index), 0x01000193);
  }
  // The low bits alone would depend on the low bits of the text only.
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (BUCKETS - 1);
}

/** The bucket that a key's name says. */
export function bucketOfKey(key: string): number {
  return Number(key.slice(key.indexOf('{') + 1, key.indexOf('}')));
}

/** The slot of a bucket's keys: CRC-16/XMODEM of the hash tag (Redis Cluster specification, "Hash tags"). */
export function slotOf(bucket: number): number {
  let crc = 0;
  for (const digit of String(bucket)) {
    crc ^= digit.charCodeAt(0) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  }
  return (crc & 0xffff) % SLOTS;
}

/**
 * The names of what is in Redis: `<namespace>:{<bucket>}:<kind>:<channel>`, with `:@<db>` behind the namespace in another database than 0. Channel names have no braces, so the hash tag
 * is the bucket whatever the channel is called, and on a cluster all keys of a channel are in one slot.
 */
export class Names {
  readonly #prefixes: readonly string[];

  /** `db` is in the names because messages, unlike keys, cross from one database of a server to the others. */
  constructor(namespace: string, db = 0) {
    const space = db === 0 ? namespace : `${namespace}:@${db}`;
    this.#prefixes = Array.from({ length: BUCKETS }, (_, bucket) => `${space}:{${bucket}}:`);
  }

  /** The newest place and the retention of a channel. */
  head(channel: string): string {
    return `${this.#prefixes[bucketOf(channel)]}h:${channel}`;
  }

  /** The kept entries of a channel, and also where its texts and entries are published: one name less to send. */
  stream(channel: string): string {
    return `${this.#prefixes[bucketOf(channel)]}s:${channel}`;
  }

  /** The place of the entry with a publish id. */
  publishId(channel: string, id: string): string {
    return `${this.#prefixes[bucketOf(channel)]}i:${channel}:${id}`;
  }

  /** Where a node publishes probes to itself. */
  probe(bucket: number, node: string): string {
    return `${this.#prefixes[bucket]}p:${node}`;
  }
}

/** The partition of a channel: FNV-1a. Never changes, as every node depends on it. */
export function partitionOf(channel: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < channel.length; index++) {
    hash = Math.imul(hash ^ channel.charCodeAt(index), 0x01000193);
  }
  return ((hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) >>> 0) % partitions;
}

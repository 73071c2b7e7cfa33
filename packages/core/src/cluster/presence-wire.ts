import { z } from 'zod';
import type { MemberInfo } from '../presence/member.ts';
import { readAs } from './wire.ts';

/** Where nodes tell of their members, each only of its own. */
export const PRESENCE_CHANNEL = '$presence';

/** Where one node is asked for, and told, a whole copy. */
export function presenceChannelOf(node: string): string {
  return `$presence:${node}`;
}

const node = z.string().min(1).max(64);
const version = z.int().min(0);
const info = z.custom<MemberInfo>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const more = z.unknown();

/**
 * `[channel, user, info, connectedAt, isWaiting, enteredAt]`: since when the user is a member at all, whether their connection
 * dropped and is waited for, and since when they have been at this node. Info `null`: not (any more).
 */
const entry = z.tuple([z.string(), z.string(), info.nullable(), z.number(), z.boolean(), z.number()], more);

const message = z.union([
  /** What became different with this version. */
  z.tuple([z.literal('delta'), node, version, z.array(entry)], more),
  /** Each second: the version that everybody should have. */
  z.tuple([z.literal('digest'), node, version], more),
  /** The sender has missed something. */
  z.tuple([z.literal('copy'), node], more),
  /** One of `count` parts of all that the sender has, as of `version`. */
  z.tuple([z.literal('part'), node, version, z.int().min(0), z.int().min(1).max(100_000), z.array(entry)], more),
]);

export type PresenceEntry = z.infer<typeof entry>;
export type PresenceMessage =
  | readonly ['delta', node: string, version: number, entries: readonly PresenceEntry[]]
  | readonly ['digest', node: string, version: number]
  | readonly ['copy', node: string]
  | readonly ['part', node: string, version: number, index: number, count: number, entries: readonly PresenceEntry[]];

export function readPresenceMessage(text: string): z.infer<typeof message> | undefined {
  return readAs(message, text);
}

import { z } from 'zod';

/** Where every node says that it lives. */
export const NODES_CHANNEL = '$nodes';

/** Where one node is asked and answered. */
export function nodeChannel(node: string): string {
  return `$node:${node}`;
}

/** Raised when a message can no longer be read by nodes of the version before: those drop it, and say so. */
const VERSION = 1;

const node = z.string().min(1).max(64);
const number = z.int().min(0);
/** Fields that a newer node may add. */
const more = z.unknown();

/** The kinds of messages between nodes. The sender is always the second element. */
const message = z.union([
  /** A node has started; `serves` means that it has transports. */
  z.tuple([z.literal('hello'), node, z.boolean()], more),
  /** The answer to `hello`: the sender, and whom it knows. */
  z.tuple([z.literal('welcome'), node, z.boolean(), z.array(node)], more),
  /** Each second. */
  z.tuple([z.literal('beat'), node, z.boolean()], more),
  /** A node ends in order. */
  z.tuple([z.literal('bye'), node], more),
  z.tuple([z.literal('ask'), node, number, z.string(), z.unknown()], more),
  z.tuple([z.literal('answer'), node, number, z.unknown()], more),
  z.tuple([z.literal('refusal'), node, number, z.string(), z.string()], more),
]);

/** A message between nodes, without its version. */
export type NodeMessage =
  | readonly ['hello' | 'beat', node: string, serves: boolean]
  | readonly ['welcome', node: string, serves: boolean, peers: readonly string[]]
  | readonly ['bye', node: string]
  | readonly ['ask', node: string, n: number, question: string, input: unknown]
  | readonly ['answer', node: string, n: number, output: unknown]
  | readonly ['refusal', node: string, n: number, code: string, message: string];

/** What `write` puts before a message of `schema`, taken off again; `undefined` where the text is none of this version. */
export function readAs<Schema extends z.ZodType>(schema: Schema, text: string): z.infer<Schema> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed[0] !== VERSION) return undefined;
  return schema.safeParse(parsed.slice(1)).data;
}

export function readNodeMessage(text: string): z.infer<typeof message> | undefined {
  return readAs(message, text);
}

export function writeMessage(parts: readonly unknown[]): string {
  return JSON.stringify([VERSION, ...parts]);
}

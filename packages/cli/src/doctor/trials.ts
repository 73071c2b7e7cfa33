import { RealtimeError } from '@rt/core';
import type { Entry, LogRead, Retention } from '@rt/core';
import type { Position } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import type { TrialNode } from './trial-node.ts';

/** What is left of a trial goes by itself. */
const RETENTION: Retention = { size: 1_000, ttlMs: 60_000 };
const MESSAGES = 50;
/** Of each writer, one after the other: on a long line each takes its time. */
const APPENDS = 20;

/** A channel that nobody else uses. Clients can't use it either: they can't know its name. */
export function throwAwayChannel(): string {
  return `rt.doctor.${randomBytes(9).toString('hex')}`;
}

/** Appends texts, and resolves with their places. Rejects with why they were refused. */
export async function append(
  { log }: TrialNode,
  channel: string,
  texts: readonly string[],
  id?: string,
): Promise<readonly Position[]> {
  const entries = texts.map((text) => ({ text, id }));
  const [places] = await log.append([{ channel, entries, retention: RETENTION }]);
  if (places === undefined) throw new Error('the log gave no places');
  if (places instanceof RealtimeError) throw places;
  return places;
}

/** What is published without history on one node comes to the other, in order. */
export async function tryBus(from: TrialNode, to: TrialNode): Promise<void> {
  const channel = throwAwayChannel();
  const texts = await to.subscribe(channel);
  const sent = Array.from({ length: MESSAGES }, (_, index) => String(index));
  for (let index = 0; index < MESSAGES; index += 5) {
    await from.broker.publish([{ channel, texts: sent.slice(index, index + 5) }]);
  }
  expectEqual(await texts.take(MESSAGES), sent, 'messages came in another order');
}

/** What was appended behind a place is read from there, on whichever node. */
export async function tryReading(writer: TrialNode, reader: () => Promise<TrialNode>): Promise<void> {
  const channel = throwAwayChannel();
  const places = await append(writer, channel, ['before', 'missed', 'missed too']);
  const node = await reader();
  const read = await node.log.read(channel, { after: places[0]!, limit: 10 });
  if (read.proof !== 'contiguous') throw new Error(`the log says ${read.proof}`);
  expectEqual(placesOf(read), places.slice(1), 'the log has other messages');
}

/** Two writers at the same time see one order, which is that of the log; where there is one node, both are on it. */
export async function tryOneOrder(a: TrialNode, b: TrialNode): Promise<void> {
  const channel = throwAwayChannel();
  const followed = await Promise.all(Array.from(new Set([a, b]), (node) => node.follow(channel)));
  const write = async (node: TrialNode): Promise<void> => {
    for (let index = 0; index < APPENDS; index++) await append(node, channel, [String(index)]);
  };
  await Promise.all([write(a), write(b)]);
  const count = 2 * APPENDS;
  const orders = await Promise.all(followed.map((entries) => entries.take(count)));
  const kept = placesOf(await b.log.read(channel, { limit: count }));
  for (const order of orders) expectEqual(order.map(placeOf), kept.map(placeOf), 'the nodes saw different orders');
}

/** The same publish id from two nodes is one message. */
export async function tryPublishingOnce(a: TrialNode, b: TrialNode): Promise<void> {
  const channel = throwAwayChannel();
  const [first] = await append(a, channel, ['first'], 'the same id');
  const [again] = await append(b, channel, ['again'], 'the same id');
  expectEqual(again, first, 'the second one got a place of its own');
  const { entries } = await b.log.read(channel, { limit: 10 });
  if (entries.length !== 1) throw new Error(`it is kept ${entries.length} times`);
}

function placesOf({ epoch, entries }: LogRead): readonly Position[] {
  return entries.map(({ offset, tag }) => ({ epoch, offset, tag }));
}

function placeOf({ offset, tag }: Position | Entry): string {
  return `${offset} ${tag}`;
}

function expectEqual(actual: unknown, expected: unknown, otherwise: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Error(otherwise);
}

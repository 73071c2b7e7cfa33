import type { LogWork, NewEntry, Retention } from '@rt/core';
import type { Position } from '@rt/protocol';
import { bucketOf } from './names.ts';
import type { Names } from './names.ts';
import { APART, encodeRecord } from './payload.ts';

/** What one script call may hold: larger ones would keep others waiting. */
const MAX_CALL_LENGTH = 256 * 1024;
const MAX_CALL_CHANNELS = 256;
/** Records of more characters are published apart from the head of their batch: that is dearer for few and cheaper for many. */
const MIN_APART_LENGTH = 4 * 1024;

/** Entries that the script takes as one: a run without publish ids, or a single one with its id. */
interface Segment {
  readonly id: string | undefined;
  /** Which of the channel's entries the first is. */
  readonly from: number;
  /** Of each of them, how many messages it is. */
  readonly counts: number[];
  records: string;
}

/** Entries of one channel in one script call, and where their places go. */
export class AppendPart {
  readonly channel: string;
  /** Which of the tick's channels. */
  readonly index: number;
  readonly #segments: Segment[] = [];
  /** Entries of one step share it: it tells histories apart, and in each of them an offset is of one step. */
  readonly #tag = newTag();
  /** Which entry has a publish id. Most parts have none, so this is made when it is needed. */
  #byId: Map<string, number> | undefined;
  /** Entries whose publish id came before in the same call, and the entry that had it. */
  #repeated: [entry: number, first: number][] | undefined;
  #length = 0;

  constructor(channel: string, index: number) {
    this.channel = channel;
    this.index = index;
  }

  get length(): number {
    return this.#length;
  }

  add(newEntry: NewEntry, entry: number): void {
    const { id, count = 1 } = newEntry;
    if (id !== undefined) {
      this.#byId ??= new Map();
      const first = this.#byId.get(id);
      if (first !== undefined) {
        (this.#repeated ??= []).push([entry, first]);
        return;
      }
      this.#byId.set(id, entry);
    }
    const record = encodeRecord(this.#tag, newEntry);
    this.#length += record.length;
    const last = this.#segments.at(-1);
    if (id === undefined && last !== undefined && last.id === undefined && last.from + last.counts.length === entry) {
      last.counts.push(count);
      last.records += record;
    } else {
      this.#segments.push({ id, from: entry, counts: [count], records: record });
    }
  }

  /** Adds what the script wants to know of this part. */
  write(names: Names, keys: string[], args: string[]): void {
    const { channel } = this;
    keys.push(names.head(channel), names.stream(channel));
    args.push(String(this.#segments.length));
    const isApart = this.#byId === undefined && this.#length >= MIN_APART_LENGTH;
    for (const { id, counts, records } of this.#segments) {
      let count = 0;
      for (const each of counts) count += each;
      if (id !== undefined) keys.push(names.publishId(channel, id));
      args.push(id === undefined ? String(count) : `-${count}`, this.#tag, isApart ? APART + records : records);
    }
  }

  /** Puts the places of this part's entries, which the script answered with, where they belong. */
  read(answer: string, places: Position[]): void {
    const [head = '', ...known] = answer.split('\n');
    const space = head.indexOf(' ');
    const epoch = head.slice(0, space);
    let offset = Number(head.slice(space + 1));
    let nextKnown = 0;
    for (const { id, from, counts } of this.#segments) {
      const before = id === undefined ? '' : known[nextKnown++]!;
      if (before !== '') {
        places[from] = parsePlace(before);
        continue;
      }
      let entry = from;
      for (const count of counts) {
        places[entry++] = { epoch, offset: offset + 1, tag: this.#tag };
        offset += count;
      }
    }
    for (const [entry, first] of this.#repeated ?? []) places[entry] = places[first]!;
  }
}

/** A call that has room for more. */
interface OpenCall {
  readonly retention: Retention;
  readonly parts: AppendPart[];
  length: number;
}

/** The arguments of one script call, and the parts that it does. */
export interface AppendCall {
  readonly parts: readonly AppendPart[];
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/**
 * Cuts a tick's work into script calls: one for each retention at least, on a cluster also for each bucket, and none that holds too much.
 * `epoch` is for channels that have none.
 */
export function planAppend(work: readonly LogWork[], names: Names, isCluster: boolean, epoch: string): AppendCall[] {
  const calls: OpenCall[] = [];
  const open = new Map<Retention, Map<number, OpenCall>>();
  const roomFor = (retention: Retention, bucket: number, length: number): OpenCall => {
    let buckets = open.get(retention);
    if (buckets === undefined) open.set(retention, (buckets = new Map()));
    const call = buckets.get(bucket);
    if (call !== undefined && call.length + length <= MAX_CALL_LENGTH && call.parts.length < MAX_CALL_CHANNELS) {
      return call;
    }
    const fresh = { retention, parts: [], length: 0 };
    calls.push(fresh);
    buckets.set(bucket, fresh);
    return fresh;
  };
  for (const [index, { channel, retention, entries }] of work.entries()) {
    const bucket = isCluster ? bucketOf(channel) : 0;
    let part: AppendPart | undefined;
    let call: OpenCall | undefined;
    for (let position = 0; position < entries.length; position++) {
      const entry = entries[position]!;
      if (call === undefined || part === undefined || call.length + entry.text.length > MAX_CALL_LENGTH) {
        call = roomFor(retention, bucket, entry.text.length);
        part = new AppendPart(channel, index);
        call.parts.push(part);
      }
      const before = part.length;
      part.add(entry, position);
      call.length += part.length - before;
    }
  }
  return calls.map(({ retention, parts }) => {
    const keys: string[] = [];
    const args: string[] = [epoch, String(retention.size), String(retention.ttlMs)];
    for (const part of parts) part.write(names, keys, args);
    return { parts, keys, args };
  });
}

function parsePlace(text: string): Position {
  const [epoch = '', offset, tag = ''] = text.split(' ');
  return { epoch, offset: Number(offset), tag };
}

const PAIRS = Array.from({ length: 36 * 36 }, (_, index) => index.toString(36).padStart(2, '0'));

/** Tells two entries apart that got the same offset in different histories of one log: four random letters. */
function newTag(): string {
  const random = Math.floor(Math.random() * PAIRS.length * PAIRS.length);
  return PAIRS[random % PAIRS.length]! + PAIRS[Math.floor(random / PAIRS.length)]!;
}

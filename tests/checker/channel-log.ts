import { parseCursor } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { Intents } from './intents.ts';
import type { Intent } from './intents.ts';
import type { Fact, FactOf } from './recording.ts';
import type { Report, Rule } from './violation.ts';

/** What stands at one place of a channel, as everybody together knows it. */
export interface KnownEntry {
  readonly place: string;
  readonly offset: number;
  /** The fact that told of it first. */
  readonly knownAt: number;
  message?: { readonly id: string; readonly text: string; readonly subscriber: string; readonly at: number };
  intent?: Intent;
  isAcknowledged: boolean;
}

/** The log of one channel, put together from everything that was acknowledged and delivered. */
export class ChannelLog {
  readonly channel: string;
  readonly #intents = new Intents();
  readonly #epochs = new Map<string, Map<number, KnownEntry>>();
  readonly #tags = new Map<string, { readonly tag: string; readonly who: string }>();
  readonly #placeOfId = new Map<string, string>();
  /** The epoch of each acknowledgement, in order. */
  readonly #acknowledgedEpochs: { readonly at: number; readonly epoch: string }[] = [];
  readonly #report: Report;
  #hasCursors = false;

  constructor(channel: string, report: Report) {
    this.channel = channel;
    this.#report = report;
  }

  /** Whether the channel keeps its messages: somebody was told a place in it. */
  get hasCursors(): boolean {
    return this.#hasCursors;
  }

  /** Takes in one fact of this channel. */
  add(fact: Exclude<Fact, FactOf<'disconnected'>>, at: number): void {
    if (fact.what === 'published') this.#intents.published(fact, at);
    if (!('cursor' in fact) || typeof fact.cursor !== 'string') return;
    const who = 'subscriber' in fact ? fact.subscriber : `the answer to publish ${fact.publish}`;
    const position = parseCursor(fact.cursor);
    if (position === undefined) {
      this.#broken('cursor', `${who} was told the cursor ${JSON.stringify(fact.cursor)}`, at);
      return;
    }
    this.#hasCursors = true;
    this.#compareTag(position, who, at);
    if (fact.what === 'acknowledged') this.#acknowledged(fact.publish, position, at);
    if (fact.what === 'delivered') this.#delivered(fact, position, at);
  }

  /** Finds what only the whole shows; to be called after the last fact. */
  finish(): void {
    const placesOfText = this.#linkTexts();
    for (const intent of this.#intents.all.values()) {
      const places = new Set([
        ...intent.acknowledged.map(({ position }) => placeOf(position)),
        ...(this.#intents.withText(intent.text).length === 1 ? (placesOfText.get(intent.text) ?? []) : []),
      ]);
      if (places.size > 1) {
        const at = intent.acknowledged.at(-1)?.at ?? intent.startedAt;
        this.#broken('publish-id', `${intent.name} (${intent.text}) stands at ${[...places].join(' and ')}`, at);
      }
      this.#compareOrder(intent);
    }
  }

  entry({ epoch, offset }: Position): KnownEntry | undefined {
    return this.#epochs.get(epoch)?.get(offset);
  }

  /** The entries with `after < offset <= upTo`, by offset. */
  between(epoch: string, after: number, upTo: number): KnownEntry[] {
    return [...(this.#epochs.get(epoch)?.values() ?? [])]
      .filter(({ offset }) => offset > after && offset <= upTo)
      .sort((one, other) => one.offset - other.offset);
  }

  /** The epoch that was acknowledged last before the fact `at`, and with which fact. */
  lastEpochBefore(at: number): { readonly epoch: string; readonly at: number } | undefined {
    return this.#acknowledgedEpochs.findLast((each) => each.at < at);
  }

  /** The first place of what was published after the fact `at`. */
  firstPublishedAfter(epoch: string, at: number): number | undefined {
    const later = this.between(epoch, -1, Infinity).find(({ intent }) => intent !== undefined && intent.startedAt > at);
    return later?.offset;
  }

  #acknowledged(publish: number, position: Position, at: number): void {
    this.#acknowledgedEpochs.push({ at, epoch: position.epoch });
    const intent = this.#intents.acknowledged(publish, position, at);
    const entry = this.#know(position, at);
    entry.isAcknowledged = true;
    if (intent === undefined) return;
    if (entry.intent !== undefined && entry.intent !== intent) {
      this.#broken('acknowledged', `${entry.place} was the answer to ${entry.intent.name} and ${intent.name}`, at);
    }
    entry.intent ??= intent;
  }

  #delivered({ subscriber, id, text }: FactOf<'delivered'>, position: Position, at: number): void {
    const entry = this.#know(position, at);
    const known = entry.message;
    const place = this.#placeOfId.get(id);
    this.#placeOfId.set(id, place ?? entry.place);
    if (known === undefined) entry.message = { id, text, subscriber, at };
    if (known !== undefined && (known.id !== id || known.text !== text)) {
      const theirs = `${known.subscriber} got ${known.id} (${known.text})`;
      this.#broken('agreement', `at ${entry.place} ${theirs}, but ${subscriber} got ${id} (${text})`, at);
    } else if (place !== undefined && place !== entry.place) {
      this.#broken('agreement', `message ${id} stands at ${place}, but ${subscriber} got it at ${entry.place}`, at);
    }
  }

  #know(position: Position, at: number): KnownEntry {
    const { epoch, offset } = position;
    let entries = this.#epochs.get(epoch);
    if (entries === undefined) this.#epochs.set(epoch, (entries = new Map()));
    let entry = entries.get(offset);
    if (entry === undefined) {
      entry = { place: placeOf(position), offset, knownAt: at, isAcknowledged: false };
      entries.set(offset, entry);
    }
    return entry;
  }

  #compareTag(position: Position, who: string, at: number): void {
    const place = placeOf(position);
    const known = this.#tags.get(place);
    if (known === undefined) this.#tags.set(place, { tag: position.tag, who });
    else if (known.tag !== position.tag) {
      const detail = `the tag of ${place} is "${known.tag}" for ${known.who}, but "${position.tag}" for ${who}`;
      this.#broken('tag', detail, at);
    }
  }

  /** Finds out which message stands where, also where the acknowledgement was lost. */
  #linkTexts(): Map<string, Set<string>> {
    const places = new Map<string, Set<string>>();
    for (const entry of [...this.#epochs.values()].flatMap((entries) => [...entries.values()])) {
      const { message, intent, place } = entry;
      if (message === undefined) continue;
      places.set(message.text, (places.get(message.text) ?? new Set()).add(place));
      const wanted = this.#intents.withText(message.text);
      if (intent !== undefined && intent.text !== message.text) {
        const detail = `${intent.name} (${intent.text}) was acknowledged at ${place}, where ${message.text} stands`;
        this.#broken('acknowledged', detail, message.at);
      } else if (wanted.length === 1) {
        entry.intent ??= wanted[0]!;
      } else if (wanted.length === 0 && this.#intents.all.size > 0) {
        this.#broken('unpublished', `${message.text} at ${place} was published by nobody`, message.at);
      }
    }
    return places;
  }

  #compareOrder({ acknowledged, floors, name }: Intent): void {
    const [only, another] = acknowledged;
    if (only === undefined || another !== undefined) return;
    const { epoch, offset } = only.position;
    const floor = floors.get(epoch);
    if (floor === undefined || floor <= offset) return;
    const earlier = `${epoch}.${floor} was acknowledged before it started`;
    this.#broken('publish-order', `${name} stands at ${placeOf(only.position)}, but ${earlier}`, only.at);
  }

  #broken(rule: Rule, detail: string, at: number): void {
    this.#report({ rule, channel: this.channel, detail, at });
  }
}

/** How a place is written in texts for people: offsets are decimal here. */
export function placeOf({ epoch, offset }: Position): string {
  return `${epoch}.${offset}`;
}

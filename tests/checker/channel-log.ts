import { parseCursor } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { Intents } from './intents.ts';
import type { Intent } from './intents.ts';
import type { Losses } from './losses.ts';
import type { ChannelFact, FactOf } from './recording.ts';
import type { Report, Rule } from './violation.ts';

/** What stands at one place of a channel, as everybody together knows it. */
export interface KnownEntry {
  readonly place: string;
  readonly offset: number;
  /** The fact that told of it first. */
  readonly knownAt: number;
  message?: {
    readonly id: string;
    readonly text: string;
    readonly subscriber: string;
    readonly at: number;
    readonly isLost: boolean;
  };
  intent?: Intent;
  isAcknowledged: boolean;
}

/** The log of one channel, put together from everything that was acknowledged and delivered. */
export class ChannelLog {
  readonly channel: string;
  readonly #intents = new Intents();
  readonly #epochs = new Map<string, Map<number, KnownEntry>>();
  /** Entries whose offsets were given again, by place. */
  readonly #replaced = new Map<string, KnownEntry>();
  readonly #tags = new Map<string, { readonly tag: string; readonly who: string }>();
  readonly #placeOfId = new Map<string, string>();
  readonly losses: Losses;
  /** The epoch of each acknowledgement, and of each new beginning, in order. */
  readonly #acknowledgedEpochs: { readonly at: number; readonly epoch: string }[] = [];
  readonly #report: Report;
  #hasCursors = false;

  constructor(channel: string, losses: Losses, report: Report) {
    this.channel = channel;
    this.losses = losses;
    this.#report = report;
  }

  /** Whether the channel keeps its messages: somebody was told a place in it. */
  get hasCursors(): boolean {
    return this.#hasCursors;
  }

  /** Takes in one fact of this channel. */
  add(fact: ChannelFact, at: number): void {
    if (fact.what === 'published') this.#intents.published(fact, at);
    if (!('cursor' in fact) || typeof fact.cursor !== 'string') return;
    const who = whoTold(fact);
    const position = parseCursor(fact.cursor);
    if (position === undefined) {
      this.#broken('cursor', `${who} was told the cursor ${JSON.stringify(fact.cursor)}`, at);
      return;
    }
    this.#hasCursors = true;
    this.#compareTag(position, who, at);
    if (fact.what === 'acknowledged') this.#acknowledged(fact.publish, position, at);
    if (fact.what === 'delivered') this.#delivered(fact, position, at);
    if (fact.what !== 'lost') return;
    this.#intents.goesOnAt(position);
    this.#acknowledgedEpochs.push({ at, epoch: position.epoch });
  }

  /** Finds what only the whole shows; to be called after the last fact. */
  finish(): void {
    const placesOfText = this.#linkTexts();
    for (const intent of this.#intents.all.values()) {
      const places = new Set([
        ...standing(intent, this.losses).map(({ position }) => placeOf(position)),
        ...(this.#intents.withText(intent.text).length === 1 ? (placesOfText.get(intent.text) ?? []) : []),
      ]);
      if (places.size > 1) {
        const at = intent.acknowledged.at(-1)?.at ?? intent.startedAt;
        this.#broken('publish-id', `${intent.name} (${intent.text}) stands at ${[...places].join(' and ')}`, at);
      }
      this.#compareOrder(intent);
    }
  }

  entry(position: Position): KnownEntry | undefined {
    const { epoch, offset } = position;
    if (this.losses.isReplaced(position)) return this.#replaced.get(this.placeOf(position));
    return this.#epochs.get(epoch)?.get(offset);
  }

  /** Like the function of this name, but a place that was given again has its tag in it. */
  placeOf(position: Position): string {
    return this.losses.isReplaced(position) ? `${placeOf(position)}!${position.tag}` : placeOf(position);
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
    const isLost = this.losses.has(position);
    // The answer may have been on its way when the log began anew.
    if (!isLost || !this.losses.isBetween(-1, at)) this.#acknowledgedEpochs.push({ at, epoch: position.epoch });
    const intent = this.#intents.acknowledged(publish, position, { at, isLost });
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
    const isLost = this.losses.has(position);
    const place = this.#placeOfId.get(id);
    this.#placeOfId.set(id, place ?? entry.place);
    if (known === undefined) entry.message = { id, text, subscriber, at, isLost };
    if (known !== undefined && (known.id !== id || known.text !== text)) {
      const theirs = `${known.subscriber} got ${known.id} (${known.text})`;
      this.#broken('agreement', `at ${entry.place} ${theirs}, but ${subscriber} got ${id} (${text})`, at);
    } else if (place !== undefined && place !== entry.place) {
      this.#broken('agreement', `message ${id} stands at ${place}, but ${subscriber} got it at ${entry.place}`, at);
    }
  }

  #know(position: Position, at: number): KnownEntry {
    const { epoch, offset } = position;
    const place = this.placeOf(position);
    if (this.losses.isReplaced(position)) {
      const known = this.#replaced.get(place) ?? { place, offset, knownAt: at, isAcknowledged: false };
      this.#replaced.set(place, known);
      return known;
    }
    let entries = this.#epochs.get(epoch);
    if (entries === undefined) this.#epochs.set(epoch, (entries = new Map()));
    let entry = entries.get(offset);
    if (entry === undefined) {
      entry = { place, offset, knownAt: at, isAcknowledged: false };
      entries.set(offset, entry);
    }
    return entry;
  }

  #compareTag(position: Position, who: string, at: number): void {
    const place = this.placeOf(position);
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
    const standingEntries = [...this.#epochs.values()].flatMap((entries) => [...entries.values()]);
    for (const entry of [...standingEntries, ...this.#replaced.values()]) {
      const { message, intent, place } = entry;
      if (message === undefined) continue;
      if (!message.isLost) places.set(message.text, (places.get(message.text) ?? new Set()).add(place));
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

  #compareOrder(intent: Intent): void {
    const { floors, name, startedAt } = intent;
    const [only, another] = standing(intent, this.losses);
    if (only === undefined || another !== undefined || this.losses.isBetween(startedAt, only.at)) return;
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

/** Where a message was acknowledged and still stands. */
function standing({ acknowledged }: Intent, losses: Losses): Intent['acknowledged'] {
  return acknowledged.filter(({ position }) => !losses.has(position));
}

function whoTold(fact: ChannelFact): string {
  if ('subscriber' in fact) return fact.subscriber;
  return 'publish' in fact ? `the answer to publish ${fact.publish}` : 'the log';
}

/** How a place is written in texts for people: offsets are decimal here. */
export function placeOf({ epoch, offset }: Position): string {
  return `${epoch}.${offset}`;
}

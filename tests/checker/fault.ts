import { formatCursor, parseCursor } from '@rt/protocol';
import { CHANNEL } from './model-server.ts';
import type { Fact, FactOf } from './recording.ts';
import type { Rule } from './violation.ts';

type Facts = readonly Fact[];

/** A way in which a server could break the promise. */
export interface Fault {
  /** The rules that find it. */
  readonly rules: readonly Rule[];
  /** There is nothing to break where the log lost nothing. */
  readonly needsLoss?: true;
  /** Every recording that this fault makes out of a good one; none where it finds nothing to break. */
  readonly plantings: (facts: Facts) => (() => Fact[])[];
}

/** Faults by name, each planted into the recording of a correct server. */
export const faults: Readonly<Record<string, Fault>> = {
  'a dropped delivery': {
    rules: ['skipped', 'gap', 'final', 'acknowledged'],
    plantings: (facts) => plant(facts, 'delivered', (at) => isMissed(facts, at) && [[], at]),
  },
  'a doubled delivery': {
    rules: ['twice'],
    plantings: (facts) => plant(facts, 'delivered', (at, fact) => [[fact, fact], at]),
  },
  'two deliveries in the wrong order': {
    rules: ['order'],
    plantings: (facts) =>
      plant(facts, 'delivered', (at, fact) => {
        const next = nextOf(facts, at);
        if (next === undefined || facts[next]!.what !== 'delivered') return false;
        return [[facts[next], ...facts.slice(at + 1, next), fact], at, next];
      }),
  },
  'a silent skip after a reconnect': {
    rules: ['skipped', 'gap', 'final', 'acknowledged'],
    plantings: (facts) =>
      plant(facts, 'confirmed', (at, { recovered }) => {
        const next = nextOf(facts, at);
        if (!recovered || next === undefined || facts[next]!.what !== 'delivered') return false;
        return isMissed(facts, next) && [[], next];
      }),
  },
  'two messages at one place': {
    rules: ['agreement'],
    plantings: (facts) =>
      plant(facts, 'delivered', (at, fact) => isSeenByAnother(facts, fact) && [[{ ...fact, id: 'another' }], at]),
  },
  'an acknowledged message that nobody gets': {
    rules: ['acknowledged'],
    plantings: (facts) =>
      plant(facts, 'acknowledged', (_at, { cursor }) => {
        const theirs = [...facts.keys()].filter((each) => isDelivery(facts[each]!, cursor));
        if (!theirs.some((each) => isNoticed(facts, each))) return false;
        return [facts.filter((fact) => !isDelivery(fact, cursor)), 0, facts.length - 1];
      }),
  },
  'another epoch without a gap': {
    rules: ['epoch'],
    plantings: (facts) => plant(facts, 'gap', (at, { reason }) => reason === 'epoch' && goesOn(facts, at) && [[], at]),
  },
  'a loss without a gap': {
    // A skip to a place that was lost excuses nothing behind it where no gap follows.
    rules: ['lost', 'confirmed', 'gap', 'acknowledged', 'skipped'],
    needsLoss: true,
    plantings: (facts) =>
      plant(
        facts,
        'gap',
        (at, { reason }) => reason === 'diverged' && isTold(facts, at) && goesOn(facts, at) && [[], at],
      ),
  },
  'a gap for a loss that was not': {
    rules: ['needless'],
    plantings: (facts) =>
      plant(facts, 'delivered', (at, fact) => {
        const { subscriber, channel, cursor } = fact;
        if (facts.some(({ what }) => what === 'lost')) return false;
        return [[fact, { what: 'gap', subscriber, channel, reason: 'diverged', cursor }], at];
      }),
  },
  'a return to where nothing is kept, without a gap': {
    rules: ['gap'],
    plantings: (facts) =>
      plant(facts, 'gap', (at, { reason }) => reason === 'expired' && goesOn(facts, at) && [[], at]),
  },
  'a publish id at two places': {
    rules: ['publish-id'],
    plantings: (facts) =>
      plant(facts, 'published', (_at, fact) => {
        const { text, except, publish } = fact;
        const first = facts.find((each) => each.what === 'acknowledged' && each.publish === publish);
        // What the log lost may well be published again.
        if (first?.what !== 'acknowledged' || isLost(facts, first.cursor) || except?.length !== 0) return false;
        const end = facts.findIndex(({ what }) => what === 'final');
        const place = parseCursor(facts.findLast(isAcknowledgement)!.cursor!)!;
        const cursor = formatCursor({ ...place, offset: place.offset + 1, tag: 'again' });
        const finals = facts.filter((each) => each.what === 'final');
        const again: Fact[] = [
          { ...fact, publish: 0 },
          { what: 'acknowledged', publish: 0, channel: CHANNEL, cursor },
          ...finals.map((each): Fact => ({ ...each, what: 'delivered', cursor, id: 'again', text })),
        ];
        return end !== -1 && [[...again, facts[end]!], end];
      }),
  },
  'a gap that goes on later than it says': {
    rules: ['gap', 'final', 'acknowledged'],
    plantings: (facts) =>
      plant(facts, 'gap', (at) => {
        const next = nextOf(facts, at);
        return next !== undefined && facts[next]!.what === 'delivered' && isMissed(facts, next) && [[], next];
      }),
  },
  'a message from before the confirmed place': {
    rules: ['confirmed'],
    plantings: (facts) =>
      plant(facts, 'confirmed', (at, fact) => {
        const { subscriber, cursor } = fact;
        const isFresh = facts
          .slice(0, at)
          .every((each) => !('subscriber' in each) || each.subscriber !== subscriber || each.what === 'disconnected');
        const seen = facts.find((each) => isDelivery(each, cursor));
        if (!isFresh || seen === undefined || seen.what !== 'delivered') return false;
        const published = facts.find((each) => each.what === 'published' && each.text === seen.text);
        if (published?.what !== 'published' || published.except?.includes(subscriber)) return false;
        return [[fact, { ...seen, subscriber }], at];
      }),
  },
  'a wrong tag': {
    rules: ['tag'],
    plantings: (facts) =>
      plant(facts, 'delivered', (at, fact) => {
        const cursor = formatCursor({ ...parseCursor(fact.cursor!)!, tag: 'wrong' });
        return isKnownElsewhere(facts, at) && [[{ ...fact, cursor }], at];
      }),
  },
};

/** What stands instead of the facts from `first` to `last`. */
type Change = readonly [instead: readonly Fact[], first: number, last?: number];

function plant<What extends Fact['what']>(
  facts: Facts,
  what: What,
  change: (at: number, fact: FactOf<What>) => Change | false,
): (() => Fact[])[] {
  return [...facts.entries()].flatMap(([at, fact]) => {
    // `what` is compared in the same breath.
    const changed = fact.what === what && change(at, fact as FactOf<What>);
    if (!changed) return [];
    const [instead, first, last = first] = changed;
    return [() => [...facts.slice(0, first), ...instead, ...facts.slice(last + 1)]];
  });
}

function isDelivery(fact: Fact, cursor: string | null | undefined): boolean {
  return fact.what === 'delivered' && fact.cursor === cursor;
}

function isAcknowledgement(fact: Fact): fact is FactOf<'acknowledged'> {
  return fact.what === 'acknowledged';
}

function isSeenByAnother(facts: Facts, { subscriber, cursor }: FactOf<'delivered'>): boolean {
  return facts.some((fact) => fact.what === 'delivered' && fact.subscriber !== subscriber && fact.cursor === cursor);
}

/** Somebody else knows that something stands where the delivery `at` was. */
function isKnownElsewhere(facts: Facts, at: number): boolean {
  const fact = facts[at]!;
  if (fact.what !== 'delivered') return false;
  const isAcknowledged = facts.some((each) => each.what === 'acknowledged' && each.cursor === fact.cursor);
  return isAcknowledged || isSeenByAnother(facts, fact);
}

/** Without the delivery `at`, its subscriber goes on behind it. */
function isNoticed(facts: Facts, at: number): boolean {
  for (let next = nextOf(facts, at); next !== undefined; next = nextOf(facts, next)) {
    const { what } = facts[next]!;
    if (what === 'delivered' || what === 'skip' || what === 'final') return true;
    if (what === 'gap' || what === 'ended') return false;
  }
  return false;
}

function isMissed(facts: Facts, at: number): boolean {
  return isKnownElsewhere(facts, at) && isNoticed(facts, at);
}

/** The next thing that the subscriber of the fact `at` sees is not another interruption. */
function goesOn(facts: Facts, at: number): boolean {
  const next = nextOf(facts, at);
  return next !== undefined && ['delivered', 'skip', 'final'].includes(facts[next]!.what);
}

/** Before the gap `at`, its subscriber had been given what was lost. */
function isTold(facts: Facts, at: number): boolean {
  const gap = facts[at]!;
  const last = facts.findLast(
    (each, index) => index < at && 'subscriber' in each && 'subscriber' in gap && each.subscriber === gap.subscriber,
  );
  if (last?.what !== 'delivered') return false;
  return isLost(facts, last.cursor);
}

function isLost(facts: Facts, cursor: string | null | undefined): boolean {
  return facts.some((each) => each.what === 'lost' && each.places.includes(cursor ?? ''));
}

/** The next fact of the same subscriber. */
function nextOf(facts: Facts, at: number): number | undefined {
  const fact = facts[at]!;
  if (!('subscriber' in fact)) return undefined;
  const next = facts.findIndex(
    (each, index) => index > at && 'subscriber' in each && each.subscriber === fact.subscriber,
  );
  return next === -1 ? undefined : next;
}

import { parseCursor } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { placeOf } from './channel-log.ts';
import type { ChannelLog } from './channel-log.ts';
import type { Fact, FactOf } from './recording.ts';
import { Stretch } from './stretch.ts';
import type { Report, Rule } from './violation.ts';

/** Follows one subscriber of one channel, and cuts what it saw into stretches. */
export class SubscriptionCheck {
  readonly subscriber: string;
  readonly stretches: Stretch[] = [];
  readonly #log: ChannelLog;
  readonly #knowsLosses: boolean;
  readonly #report: Report;
  #state: 'none' | 'subscribed' | 'interrupted' = 'none';
  #stretch: Stretch | undefined;
  #isStalled = false;
  /** There was a gap since the connection went. */
  #isAnnounced = false;
  /** It did not take up where it was, and owes a gap: the rule that breaks without. */
  #owedGap: 'gap' | 'epoch' | undefined;
  readonly #places = new Set<string>();
  readonly #ids = new Set<string>();
  /** How many gaps there were for each reason, on this connection: the next one may be to a node that hears of it later. */
  readonly #told = new Map<string, number>();

  constructor(
    subscriber: string,
    { log, knowsLosses }: { readonly log: ChannelLog; readonly knowsLosses: boolean },
    report: Report,
  ) {
    this.subscriber = subscriber;
    this.#log = log;
    this.#knowsLosses = knowsLosses;
    this.#report = report;
  }

  /** Takes in one fact of this subscriber and channel. */
  add(fact: Fact, at: number): void {
    switch (fact.what) {
      case 'confirmed':
        this.#confirmed(fact, at);
        break;
      case 'delivered':
        this.#delivered(fact, at);
        break;
      case 'skip':
        this.#skip(fact, at);
        break;
      case 'gap':
        this.#gap(fact, at);
        break;
      case 'lost':
        this.#lost(fact);
        break;
      case 'stalled':
        this.#isStalled = true;
        this.#goesOnWithout();
        break;
      case 'reading':
        this.#isStalled = false;
        break;
      case 'disconnected':
        this.#isStalled = false;
        this.#told.clear();
        this.#goesOnWithout();
        if (this.#state === 'subscribed') this.#state = 'interrupted';
        this.#isAnnounced = false;
        break;
      case 'ended':
        this.#ended();
        break;
      case 'final':
        this.#final(at);
        break;
      case 'published':
      case 'acknowledged':
      case 'failed':
        break;
    }
  }

  #confirmed({ cursor, recovered }: FactOf<'confirmed'>, at: number): void {
    const position = positionOf(cursor);
    const before = this.#state;
    this.#state = 'subscribed';
    if (cursor === null && this.#log.hasCursors) this.#broken('confirmed', 'it was confirmed without its place', at);
    // Asked for once more, it only says where it stands.
    if (before === 'subscribed') return;
    if (before === 'none') this.#begin('confirmed', at, position);
    else if (recovered) this.#resumed(position, at);
    else if (!this.#isAnnounced && this.#log.hasCursors) {
      const epoch = this.#stretch?.epoch;
      const isOther = epoch !== undefined && position !== undefined && position.epoch !== epoch;
      // Who never heard of the other epoch still stands in the one before.
      this.#owedGap = isOther || this.#owedGap === 'epoch' ? 'epoch' : 'gap';
      this.#begin('confirmed', at, position);
    }
    this.#isAnnounced = false;
  }

  /** The reply may tell where it was or where the log is: what matters is that deliveries go on where it was. */
  #resumed(position: Position | undefined, at: number): void {
    const epoch = this.#stretch?.epoch;
    if (position === undefined || epoch === undefined || position.epoch === epoch) return;
    this.#broken('epoch', `it was "recovered" from epoch ${epoch} to ${placeOf(position)}`, at);
    this.#begin('confirmed', at, position);
  }

  #delivered(fact: FactOf<'delivered'>, at: number): void {
    this.#settleGap(`it got ${fact.id}`, at);
    if (this.#state !== 'subscribed') {
      this.#broken('confirmed', `it got ${fact.id} without a confirmed subscription`, at);
      this.#state = 'subscribed';
    }
    const position = positionOf(fact.cursor);
    const isKnownId = this.#ids.has(fact.id);
    this.#ids.add(fact.id);
    if (position !== undefined) this.#came(fact, position, { at, isKnownId });
    else if (isKnownId) this.#broken('twice', `it got ${fact.id} twice`, at);
  }

  #came(
    { id }: FactOf<'delivered'>,
    position: Position,
    { at, isKnownId }: { readonly at: number; readonly isKnownId: boolean },
  ): void {
    const place = this.#log.placeOf(position);
    const stretch = this.#stretchAt(position, at);
    const isReplaced = this.#compareHistory(stretch, position, { at, what: id });
    const isKnownPlace = this.#places.has(place);
    if (!isReplaced) this.#places.add(place);
    if (this.#log.entry(position)?.intent?.except?.includes(this.subscriber)) {
      this.#broken('excluded', `it got ${id} at ${place}, from which it is excluded`, at);
    }
    // After a gap, a node that has not heard of the loss may deliver it once more.
    if (isReplaced) return;
    if (isKnownId || isKnownPlace) this.#broken('twice', `it got ${id} at ${place}, and one of both before`, at);
    else this.#compareOrder(stretch, position, { at, what: id });
    if (stretch.from === undefined || position.offset > stretch.from) stretch.delivered(position.offset, at);
  }

  #skip({ cursor }: FactOf<'skip'>, at: number): void {
    this.#settleGap(`it got a skip to ${cursor}`, at);
    const position = positionOf(cursor);
    if (position === undefined) return;
    if (this.#state !== 'subscribed') {
      this.#broken('confirmed', `it got a skip to ${placeOf(position)} without a confirmed subscription`, at);
      this.#state = 'subscribed';
    }
    const stretch = this.#stretchAt(position, at);
    const place = this.#log.placeOf(position);
    if (this.#compareHistory(stretch, position, { at, what: 'a skip' })) return;
    if (this.#places.has(place)) this.#broken('twice', `it got a skip to ${place}, where it was before`, at);
    else this.#compareOrder(stretch, position, { at, what: 'a skip' });
    this.#places.add(place);
    stretch.skipped(position.offset);
  }

  #gap({ cursor, reason }: FactOf<'gap'>, at: number): void {
    const position = positionOf(cursor);
    const { epoch, position: stood } = this.#stretch ?? {};
    // A log that lost its end may go on before the place that was seen.
    const mayGoBack = reason === 'diverged' || reason === 'broker';
    if (position?.epoch === epoch && position !== undefined && position.offset < (stood ?? 0) && !mayGoBack) {
      this.#broken('gap', `a gap (${reason}) leads back from ${epoch}.${stood} to ${placeOf(position)}`, at);
    }
    this.#told.set(reason, (this.#told.get(reason) ?? 0) + 1);
    if (this.#knowsLosses) this.#compareReason(reason, at);
    this.#owedGap = undefined;
    this.#isAnnounced = true;
    this.#begin('gap', at, position);
  }

  /** A gap of the log's own needs something that was lost, and tells of it once; it may be told when more was lost already. */
  #compareReason(reason: string, at: number): void {
    if (reason !== 'diverged' && reason !== 'epoch' && reason !== 'broker') return;
    const losses = this.#log.losses.countBefore(at, reason);
    if (this.#told.get(reason)! <= losses) return;
    this.#broken('needless', `it got more gaps (${reason}) than the ${losses} losses of the kind`, at);
  }

  /** The server may go on without it: what its place does not show, nobody can tell it later. */
  #goesOnWithout(): void {
    if (this.#stretch !== undefined) this.#stretch.lostAfter = undefined;
  }

  #lost({ reason, cursor }: FactOf<'lost'>): void {
    const position = positionOf(cursor);
    const stretch = this.#stretch;
    if (reason !== 'diverged' || position === undefined || this.#state !== 'subscribed' || this.#isStalled) return;
    if (stretch === undefined || stretch.epoch !== position.epoch) return;
    // Who is further behind reads the log later, and what it finds there has no hole.
    if ((stretch.position ?? -1) < position.offset) return;
    stretch.lostAfter = Math.min(position.offset, stretch.lostAfter ?? Infinity);
  }

  /** Finds who goes from what was lost to what came instead. Whether this is what was lost: it is compared with nothing else. */
  #compareHistory(
    stretch: Stretch,
    position: Position,
    { at, what }: { readonly at: number; readonly what: string },
  ): boolean {
    const lostBy = this.#log.losses.replacedAt(position);
    // Behind what was lost first stands nothing else, but what was lost with it.
    const isOther = stretch.lostBy !== undefined && stretch.lostBy < (lostBy ?? Infinity);
    const isAcross = isOther || (lostBy === undefined && position.offset > (stretch.lostAfter ?? Infinity));
    if (isAcross) this.#broken('lost', `it got ${what} at ${placeOf(position)} after a loss without a gap`, at);
    if (isAcross) stretch.lostAfter = undefined;
    stretch.lostBy = lostBy;
    return lostBy !== undefined;
  }

  #ended(): void {
    this.#state = 'none';
    this.#stretch = undefined;
    this.#owedGap = undefined;
    this.#places.clear();
    this.#ids.clear();
  }

  #final(at: number): void {
    this.#settleGap('it waited for everything', at);
    if (this.#state !== 'subscribed' || this.#stretch === undefined) {
      this.#broken('final', 'it waits for everything and is not subscribed', at);
      return;
    }
    if (this.#stretch.lostBy !== undefined || this.#stretch.lostAfter !== undefined) {
      this.#broken('lost', 'it was never told that the log lost something', at);
      return;
    }
    const latest = this.#log.lastEpochBefore(at);
    this.#stretch.epoch ??= latest?.epoch;
    // In a newer epoch nothing may have been published yet.
    if (latest !== undefined && this.#stretch.epoch !== latest.epoch && latest.at > this.#stretch.since) {
      this.#broken('final', `it stayed in epoch ${this.#stretch.epoch}, the channel goes on in ${latest.epoch}`, at);
    } else {
      this.#stretch.finalAt = at;
    }
  }

  #compareOrder(
    { from, origin, reached }: Stretch,
    position: Position,
    { at, what }: { readonly at: number; readonly what: string },
  ): void {
    const place = placeOf(position);
    if (from !== undefined && position.offset <= from) {
      const begin = `its ${origin === 'gap' ? 'gap leads to' : 'subscription was confirmed at'} ${from}`;
      this.#broken(origin, `it got ${what} at ${place}, but ${begin}`, at);
    } else if (reached !== undefined && position.offset < reached) {
      this.#broken('order', `it got ${what} at ${place} after ${reached}`, at);
    }
  }

  /** The stretch that a place belongs to: without a gap, there is only the current one. */
  #stretchAt(position: Position, at: number): Stretch {
    const current = this.#stretch;
    const before = { ...position, offset: position.offset - 1 };
    if (current === undefined) return this.#begin('confirmed', at, before);
    current.epoch ??= position.epoch;
    if (current.epoch === position.epoch) return current;
    this.#broken('epoch', `it went from epoch ${current.epoch} to ${placeOf(position)} without a gap`, at);
    return this.#begin('confirmed', at, before);
  }

  #settleGap(what: string, at: number): void {
    if (this.#owedGap === undefined) return;
    this.#broken(this.#owedGap, `${what} after a reconnect that neither recovered nor told of a gap`, at);
    this.#owedGap = undefined;
  }

  #begin(origin: Stretch['origin'], at: number, begin: Position | undefined): Stretch {
    const lostBy = begin && this.#log.losses.replacedAt(begin);
    this.#stretch = new Stretch({ subscriber: this.subscriber, origin }, at, begin, lostBy);
    this.stretches.push(this.#stretch);
    return this.#stretch;
  }

  #broken(rule: Rule, detail: string, at: number): void {
    this.#report({ rule, channel: this.#log.channel, subscriber: this.subscriber, detail, at });
  }
}

function positionOf(cursor: string | null | undefined): Position | undefined {
  return typeof cursor === 'string' ? parseCursor(cursor) : undefined;
}

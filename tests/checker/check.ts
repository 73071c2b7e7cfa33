import { ChannelLog } from './channel-log.ts';
import type { KnownEntry } from './channel-log.ts';
import { Losses } from './losses.ts';
import type { Recording } from './recording.ts';
import type { Stretch } from './stretch.ts';
import { SubscriptionCheck } from './subscription-check.ts';
import type { Report, Rule, Violation } from './violation.ts';

/**
 * Compares a recording with the promise of delivery. Gives everything that is broken, by fact; nothing where all is well.
 * Times play no part, and it knows nothing but the recording: a server that answers everything with a gap passes.
 * With `knowsLosses`, everything that the log lost by itself is recorded as `lost`, and a gap of that kind needs one.
 */
export function check({ facts }: Recording, { knowsLosses = false } = {}): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (violation) => void violations.push(violation);
  for (const channel of new Set(facts.flatMap((fact) => ('channel' in fact ? [fact.channel] : [])))) {
    checkChannel({ channel, knowsLosses }, facts, report);
  }
  return violations.sort((one, other) => one.at - other.at);
}

function checkChannel(
  { channel, knowsLosses }: { readonly channel: string; readonly knowsLosses: boolean },
  facts: Recording['facts'],
  report: Report,
): void {
  const losses = new Losses();
  for (const [at, fact] of facts.entries()) if (fact.what === 'lost' && fact.channel === channel) losses.add(fact, at);
  const log = new ChannelLog(channel, losses, report);
  for (const [at, fact] of facts.entries()) {
    if ('channel' in fact && fact.channel === channel) log.add(fact, at);
  }
  log.finish();
  const checks = new Map<string, SubscriptionCheck>();
  for (const [at, fact] of facts.entries()) {
    if (fact.what === 'lost' && fact.channel === channel) for (const each of checks.values()) each.add(fact, at);
    if (!('subscriber' in fact)) continue;
    const { subscriber } = fact;
    if ('channel' in fact && fact.channel !== channel) continue;
    const known = checks.get(subscriber) ?? new SubscriptionCheck(subscriber, { log, knowsLosses }, report);
    checks.set(subscriber, known);
    known.add(fact, at);
  }
  checkCompleteness(
    log,
    [...checks.values()].flatMap(({ stretches }) => stretches),
    report,
  );
}

/** Reports what did not come within the stretches; once where it came to nobody, else for each stretch and rule. */
function checkCompleteness(log: ChannelLog, stretches: readonly Stretch[], report: Report): void {
  const { channel } = log;
  const lost = new Map<KnownEntry, number>();
  for (const stretch of stretches) {
    const missing = stretch.missing(log);
    for (const entry of missing.filter(({ message }) => message === undefined)) {
      lost.set(entry, Math.min(stretch.noticedAt(entry.offset), lost.get(entry) ?? Infinity));
    }
    const seen = missing.filter(({ message }) => message !== undefined);
    for (const [rule, entries] of Map.groupBy(seen, ({ offset }) => ruleOf(stretch, offset))) {
      const list = entries.map(({ place, message }) => `${place} (${message!.id}, ${message!.subscriber} got it)`);
      const at = stretch.noticedAt(entries[0]!.offset);
      report({ rule, channel, subscriber: stretch.subscriber, detail: `it did not get ${list.join(', ')}`, at });
    }
  }
  for (const [{ place, intent }, at] of lost) {
    const detail = `${intent?.name ?? 'a publish'} was acknowledged at ${place}, and nobody got it`;
    report({ rule: 'acknowledged', channel, detail, at });
  }
}

function ruleOf(stretch: Stretch, offset: number): Rule {
  if (stretch.reached === undefined || offset > stretch.reached) return 'final';
  return stretch.origin === 'gap' && !stretch.hasBefore(offset) ? 'gap' : 'skipped';
}

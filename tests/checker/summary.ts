import type { Fact, Recording } from './recording.ts';
import type { Violation } from './violation.ts';

/** The text a failing test shows: the seed, what is broken, and the facts of that channel up to the first of it. */
export function summary({ seed, facts }: Recording, violations: readonly Violation[], lastFacts = 30): string {
  const count = violations.length === 1 ? '1 violation' : `${violations.length} violations`;
  const lines = [`${count}, seed ${seed ?? 'unknown'}, ${facts.length} facts`];
  for (const { rule, channel, subscriber, detail, at } of violations.slice(0, 10)) {
    lines.push(`  ${rule}: ${channel}${subscriber === undefined ? '' : `, ${subscriber}`}: ${detail} (fact ${at})`);
  }
  if (violations.length > 10) lines.push(`  and ${violations.length - 10} more`);
  const [first] = violations;
  if (first === undefined) return lines.join('\n');
  lines.push(`Facts of ${first.channel}:`);
  const theirs = [...facts.entries()].filter(([, fact]) => !('channel' in fact) || fact.channel === first.channel);
  const before = theirs.filter(([at]) => at <= first.at).slice(-lastFacts);
  const after = theirs.filter(([at]) => at > first.at).slice(0, 5);
  for (const [at, fact] of [...before, ...after]) lines.push(`${at === first.at ? '>' : ' '} ${at} ${factText(fact)}`);
  return lines.join('\n');
}

function factText({ what, ...fields }: Fact): string {
  const shown = Object.entries(fields).filter(([name, value]) => name !== 'channel' && value !== undefined);
  return `${what} ${shown.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')}`.trimEnd();
}

import type { BrokerFinding } from '@rt/core';
import { printable } from '../printable.ts';
import type { Diagnosis, RoundTrips, Survival } from './diagnosis.ts';

const WIDTH = 80;
/** Where the second column begins. */
const EVENT_WIDTH = 40;

/** A diagnosis for people, in at most 80 columns. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { broker, service, shape, roundTrips, survives, findings, ok } = diagnosis;
  return [
    ...row('broker', broker),
    ...(service === undefined ? [] : row('service', `${service}, ${shape}`)),
    ...timesRow('bus', roundTrips.bus),
    ...timesRow('log', roundTrips.log),
    '',
    'When this happens, messages are',
    ...survives.flatMap((survival) => survivalRow(survival)),
    '',
    ...findings.flatMap((finding) => [...findingLines(finding), '']),
    ok ? 'The promise of delivery can be kept.' : 'The promise of delivery can not be kept.',
  ].join('\n');
}

function row(name: string, text: string): readonly string[] {
  return wrapped(text, { first: `  ${name.padEnd(11)}`, rest: ' '.repeat(13) });
}

function timesRow(name: string, times: RoundTrips | undefined): readonly string[] {
  if (times === undefined) return row(name, 'not measured');
  return row(
    name,
    `p50 ${shownMs(times.p50Ms)}, p99 ${shownMs(times.p99Ms)} from node to node, of ${times.count} messages`,
  );
}

function shownMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}

function survivalRow({ event, outcome, detail }: Survival): readonly string[] {
  const text = detail === '' ? outcome : `${outcome}, ${detail}`;
  return wrapped(text, { first: `  ${event.padEnd(EVENT_WIDTH)}`, rest: ' '.repeat(EVENT_WIDTH + 2) });
}

function findingLines({ severity, what, remedy }: BrokerFinding): readonly string[] {
  return [
    ...wrapped(what, { first: `${severity}: `, rest: '  ' }),
    ...wrapped(`${remedy}.`, { first: '  ', rest: '  ' }),
  ];
}

/** Lines of whole words; a single word may be longer than a line. */
function wrapped(text: string, { first, rest }: { readonly first: string; readonly rest: string }): readonly string[] {
  const lines = [first];
  let isEmpty = true;
  for (const word of printable(text).split(' ')) {
    const line = lines.at(-1)!;
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(rest + word);
      continue;
    }
    lines[lines.length - 1] = isEmpty ? line + word : `${line} ${word}`;
    isEmpty = false;
  }
  return lines;
}

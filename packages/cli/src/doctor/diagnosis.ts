import type { BrokerFinding } from '@rt/core';

/** What becomes of messages when something happens. `partly`: but for a bounded part, which is told as a gap. */
export interface Survival {
  readonly event: string;
  readonly outcome: 'kept' | 'partly' | 'lost' | 'unknown';
  /** In a few words; may be empty. */
  readonly detail: string;
}

/** Times from publishing until the message is at the other node, in milliseconds. */
export interface RoundTrips {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What `rt doctor` found out, as `--json` prints it. */
export interface Diagnosis {
  /** Whether the promise of `docs/delivery.md` can be kept. */
  readonly ok: boolean;
  /** What was examined, and where it is; without secrets. */
  readonly broker: string;
  /** Absent where the broker can't be asked. */
  readonly service?: string;
  readonly shape?: string;
  readonly survives: readonly Survival[];
  readonly roundTrips: { readonly bus?: RoundTrips; readonly log?: RoundTrips };
  readonly findings: readonly BrokerFinding[];
}

/** A diagnosis with its verdict: nothing may be lost, and nothing be a problem. */
export function withVerdict(diagnosis: Omit<Diagnosis, 'ok'>): Diagnosis {
  const { survives, findings } = diagnosis;
  const isLost = survives.some(({ outcome }) => outcome === 'lost');
  return { ok: !isLost && findings.every(({ severity }) => severity !== 'problem'), ...diagnosis };
}

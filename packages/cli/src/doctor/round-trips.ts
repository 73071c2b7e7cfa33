import type { RoundTrips } from './diagnosis.ts';
import type { TrialNode } from './trial-node.ts';
import { append, throwAwayChannel } from './trials.ts';

const WARM_UP = 20;
const COUNT = 200;
/** A slow line is measured as well, with fewer of them. */
const WITHIN_MS = 3_000;

/** One message after the other without history, from one node to the other. */
export async function busRoundTrips(from: TrialNode, to: TrialNode): Promise<RoundTrips> {
  const channel = throwAwayChannel();
  const texts = await to.subscribe(channel);
  return measure(async (text) => {
    await Promise.all([from.broker.publish([{ channel, texts: [text] }]), texts.take(1)]);
  });
}

/** One message after the other with history: stored, and at the other node. */
export async function logRoundTrips(from: TrialNode, to: TrialNode): Promise<RoundTrips> {
  const channel = throwAwayChannel();
  const entries = await to.follow(channel);
  return measure(async (text) => {
    await Promise.all([append(from, channel, [text]), entries.take(1)]);
  });
}

async function measure(once: (text: string) => Promise<void>): Promise<RoundTrips> {
  const times: number[] = [];
  const end = performance.now() + WITHIN_MS;
  for (let n = 0; n < WARM_UP + COUNT && performance.now() < end; n++) {
    const began = performance.now();
    await once(String(n));
    times.push(performance.now() - began);
  }
  const measured = times.slice(Math.min(WARM_UP, times.length >> 1)).sort((a, b) => a - b);
  const below = (share: number): number =>
    Math.round(measured[Math.ceil(measured.length * share) - 1]! * 1_000) / 1_000;
  return { count: measured.length, p50Ms: below(0.5), p99Ms: below(0.99) };
}

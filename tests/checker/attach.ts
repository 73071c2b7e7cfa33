import type { RealtimeClient, Subscription } from '@rt/client';
import type { Recorder } from './recorder.ts';

/**
 * Records what a subscription of a real client sees; its public interface tells no places but those of messages.
 * Call it right after `subscribe()`, and `recordConnection` once for the client.
 */
export function recordSubscription(recorder: Recorder, subscriber: string, subscription: Subscription): void {
  const { channel, lifecycle } = subscription;
  lifecycle.on('subscribed', ({ recovered }) => recorder.confirmed({ subscriber, channel, recovered }));
  lifecycle.on('gap', ({ reason }) => recorder.gap({ subscriber, channel, reason }));
  lifecycle.on('refused', () => recorder.ended(subscriber, channel));
  lifecycle.on('unsubscribed', () => recorder.ended(subscriber, channel));
  subscription.onAny((_event, data, { id, cursor = null }) => {
    recorder.delivered({ subscriber, channel, cursor, id, data });
  });
}

/** Records each loss of a real client's connection. */
export function recordConnection(recorder: Recorder, subscriber: string, client: RealtimeClient): void {
  client.on('state', ({ state }) => {
    if (state !== 'open') recorder.disconnected(subscriber);
  });
}

/** Records frames of a server, parsed, in the order in which they came; those that tell nothing of delivery are left out. */
export function recordFrames(recorder: Recorder, subscriber: string, frames: Iterable<readonly unknown[]>): void {
  for (const frame of frames) {
    // Only the server under test writes these, so each has the fields of its type.
    switch (frame[0]) {
      case 'sub': {
        const [, , channel, cursor, recovered] = frame as ['sub', number, string, string | null, boolean];
        recorder.confirmed({ subscriber, channel, cursor, recovered });
        break;
      }
      case 'unsub':
        recorder.ended(subscriber, frame[1] as string);
        break;
      case 'm': {
        const [, channel, , cursor, data, meta] = frame as ['m', string, string, string | null, unknown, [string]];
        recorder.delivered({ subscriber, channel, cursor, id: meta[0], data });
        break;
      }
      case 'gap': {
        const [, channel, reason, cursor] = frame as ['gap', string, string, string | null];
        recorder.gap({ subscriber, channel, reason, cursor });
        break;
      }
      case 'skip': {
        const [, channel, cursor] = frame as ['skip', string, string];
        recorder.skip({ subscriber, channel, cursor });
        break;
      }
      default:
    }
  }
}

/** Publishes with `publish`, and records that and how it ended. Gives what `publish` gave, or throws what it threw. */
export async function recordPublish<Result extends { readonly cursor?: string }>(
  recorder: Recorder,
  publication: Parameters<Recorder['published']>[0],
  publish: () => Promise<Result>,
): Promise<Result> {
  const number = recorder.published(publication);
  try {
    const result = await publish();
    recorder.acknowledged(number, result.cursor);
    return result;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
    recorder.failed(number, code);
    throw error;
  }
}

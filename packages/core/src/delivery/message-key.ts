import type { ServerFrameOf } from '@rt/protocol';
import type { LatestKey } from '../channel/slow-reader.ts';

/** The key of a message, from its frame. Parses: only for those who do not read fast enough. */
export function messageKey(by: LatestKey, frame: string): string {
  const [, , event, , data, meta] = JSON.parse(frame) as ServerFrameOf<'m'>;
  return JSON.stringify([event, by === 'event' ? null : by === 'user' ? meta?.[2] : property(data, by)]);
}

function property(data: unknown, path: `data.${string}`): unknown {
  const name = path.slice('data.'.length);
  return typeof data === 'object' && data !== null && Object.hasOwn(data, name) ? Reflect.get(data, name) : null;
}

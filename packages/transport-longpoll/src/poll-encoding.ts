import type { Encoding } from '@rt/core';

/** A run of frames as part of a body: joined by LF. */
export const pollEncoding: Encoding = {
  name: 'longpolling',
  encode: (frames) => Buffer.from(frames.join('\n')),
};

import type { Encoding } from '@rt/core';

/** A run of frames as part of a body: joined by LF. */
export const pollEncoding: Encoding = {
  name: 'longpolling',
  encode: (_, lines) => Buffer.from(lines),
};

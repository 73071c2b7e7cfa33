import type { Encoding } from '@rt/core';

/** A run is cut into events of about this many characters, so that a browser handles a burst in several. */
const EVENT_LENGTH = 64 * 1024;

/**
 * A run of frames as server-sent events (HTML standard §9.2): each frame is a `data:` line, so that an event's data is 1..n frames
 * joined by LF. A frame is one line of JSON, which has no CR and no LF.
 */
export const sseEncoding: Encoding = {
  name: 'sse',
  encode(frames, lines) {
    if (lines.length < EVENT_LENGTH) return Buffer.from(`data: ${lines.replaceAll('\n', '\ndata: ')}\n\n`);
    let text = '';
    let length = 0;
    for (const frame of frames) {
      text += `data: ${frame}\n`;
      length += frame.length;
      if (length < EVENT_LENGTH) continue;
      text += '\n';
      length = 0;
    }
    return Buffer.from(length === 0 ? text : `${text}\n`);
  },
};

/** The last event of a session's stream. */
export function closeEvent(code: number): Buffer {
  return Buffer.from(`event: close\ndata: ${code}\n\n`);
}

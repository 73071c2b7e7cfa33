import { isChannelName, RealtimeError } from '@rt/protocol';

/** Throws `BAD_NAME` for what can't name a channel. Event names are the server's to check. */
export function checkChannelName(channel: string): void {
  if (!isChannelName(channel)) {
    throw new RealtimeError('BAD_NAME', 'Check the channel name.');
  }
}

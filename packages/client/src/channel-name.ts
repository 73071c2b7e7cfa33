import { isChannelName, RealtimeError } from '@rt/protocol';

/** Throws `BAD_NAME` for what can't name a channel. Event names are the server's to check. */
export function checkChannelName(channel: string): void {
  if (!isChannelName(channel)) {
    throw new RealtimeError('BAD_NAME', 'A channel name is 1 to 164 of A-Z a-z 0-9 _ - = @ , . ; :');
  }
}

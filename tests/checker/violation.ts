/**
 * What is promised, a name for each part:
 *
 * - `cursor`: a cursor is one that a server wrote;
 * - `tag`: one place has one tag, whoever tells it;
 * - `agreement`: one place holds one message, and one message stands at one place, for all subscribers;
 * - `acknowledged`: an acknowledged message stands where it was acknowledged, and somebody who should have got it did;
 * - `publish-id`: what was published once, with however many retries, stands at one place;
 * - `publish-order`: what was published after an acknowledgement stands behind what was acknowledged;
 * - `unpublished`: nothing is delivered that nobody published to this channel;
 * - `confirmed`: nothing arrives without a confirmed subscription, nor from before its place;
 * - `order`: offsets rise;
 * - `twice`: no place and no message id comes twice in one subscription;
 * - `skipped`: nothing is left out between two deliveries without a gap;
 * - `gap`: an interrupted subscription goes on where it was or with a gap, and after a gap exactly where that said;
 * - `epoch`: another epoch begins with a gap only;
 * - `excluded`: who is excluded from a message does not get it;
 * - `final`: a subscriber that waited for everything has everything;
 * - `lost`: whoever had what the log lost, or had all before it and reads what it is sent, gets a gap before what came instead;
 * - `needless`: where the test says what was lost, no connection gets more gaps of a kind than there were losses.
 */
export type Rule =
  | 'cursor'
  | 'tag'
  | 'agreement'
  | 'acknowledged'
  | 'publish-id'
  | 'publish-order'
  | 'unpublished'
  | 'confirmed'
  | 'order'
  | 'twice'
  | 'skipped'
  | 'gap'
  | 'epoch'
  | 'excluded'
  | 'final'
  | 'lost'
  | 'needless';

/** A part of the promise that a recording breaks. */
export interface Violation {
  readonly rule: Rule;
  readonly channel: string;
  readonly subscriber?: string | undefined;
  readonly detail: string;
  /** The fact that shows it: its index in the recording. */
  readonly at: number;
}

/** Takes what is broken. */
export type Report = (violation: Violation) => void;

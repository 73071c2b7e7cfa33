/** What is known of a message once it is on its way. */
export interface Published {
  /** The message's id, the same for every receiver. */
  readonly id: string;
  /** Its place in the channel's log; absent where nothing is kept of it. */
  readonly cursor?: string;
}

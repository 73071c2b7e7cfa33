/** Something about a broker's service that bears on what can be promised. No text of it holds secrets or payloads. */
export interface BrokerFinding {
  /**
   * `problem`: the promise can't be kept like this. `warning`: it can, within a limit that operators should know. `unknown`: the
   * service did not tell, for instance because this user may not ask.
   */
  readonly severity: 'problem' | 'warning' | 'unknown';
  /** What is the case. */
  readonly what: string;
  /** What to do, beginning with a verb. */
  readonly remedy: string;
}

/** Whether what the log has acknowledged is there when its service was killed and started again. */
export interface BrokerRestart {
  /** `partly`: but for a bounded time, which is told as a `gap`. */
  readonly outcome: 'kept' | 'partly' | 'lost' | 'unknown';
  /** Why, or how much, in a few words. */
  readonly detail: string;
}

/** What a broker found out about its service: for operators, who want to know before it matters. */
export interface BrokerReport {
  /** What answers, and its version where it tells that, e.g. `Redis 7.0.15`. */
  readonly service: string;
  /** What it consists of, e.g. `one server`. */
  readonly shape: string;
  readonly restart: BrokerRestart;
  /** What is not as it should be; empty where all is well. */
  readonly findings: readonly BrokerFinding[];
}

import { PatternMap } from './pattern-map.ts';

/** What the server allows and keeps on the channels that match a pattern. */
export interface ChannelRule {
  /** Whether clients may send: to all events (`true`), to the named ones, or not at all (`false`, the default). */
  readonly send?: boolean | readonly string[] | undefined;
  /** `false`: nothing is kept. A size and an age ask for the broker's log, and are refused where it has none. */
  readonly history?: false | { readonly size: number; readonly ttlMs: number } | undefined;
}

/** The rules of a server: every rule that matches a channel counts, key by key, the more specific one winning. */
export class ChannelRules {
  readonly #rules = new PatternMap<ChannelRule>();

  /** Throws `BAD_OPTION` for bad or equal patterns. */
  constructor(rules: Readonly<Record<string, ChannelRule>>) {
    for (const [pattern, rule] of Object.entries(rules)) this.#rules.add(pattern, rule);
  }

  /** Whether a client may send `event` to `channel`. */
  allowsSend(channel: string, event: string): boolean {
    let allowed: ChannelRule['send'] = false;
    for (const rule of this.#rules.findAll(channel)) {
      if (rule.send !== undefined) allowed = rule.send;
    }
    return typeof allowed === 'boolean' ? allowed : allowed.includes(event);
  }
}

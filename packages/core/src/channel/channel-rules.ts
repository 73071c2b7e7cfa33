import { PatternMap } from '@rt/protocol';
import type { Retention } from '../contracts/log.ts';
import type { SlowReaderRule } from './slow-reader.ts';

/** What the server allows and keeps on the channels that match a pattern. */
export interface ChannelRule {
  /**
   * Whether clients may send: all events (`true`), the named ones, or none (`false`, the default). With a contract they may
   * send what its `send` names where no rule says anything, and nothing else where one does.
   */
  readonly send?: boolean | readonly string[] | undefined;
  /**
   * How much is kept for those who come back: 100 messages of the last 2 minutes where nothing else is said and the
   * broker has a log. `false`: nothing. A rule that asks for history is refused where the broker has no log.
   */
  readonly history?: false | Retention | undefined;
  /** Messages a minute of one connection, by event, besides the limit for all of them: `{ 'typing.started': 30 }`. */
  readonly rate?: Readonly<Record<string, number>> | undefined;
  /** What becomes of messages while a subscriber's socket is full. Default `catch-up`. */
  readonly slowReader?: SlowReaderRule | undefined;
}

const DEFAULT_RETENTION: Retention = { size: 100, ttlMs: 120_000 };
/** Rules of this many channels are remembered; then it starts anew. */
const MAX_REMEMBERED = 10_000;

/** The rules of a server: every rule that matches a channel counts, key by key, the more specific one winning. */
export class ChannelRules {
  readonly #rules = new PatternMap<ChannelRule>();
  readonly #merged = new Map<string, ChannelRule>();

  /** Throws `BAD_OPTION` for bad or equal patterns. */
  constructor(rules: Readonly<Record<string, ChannelRule>>) {
    for (const [pattern, rule] of Object.entries(rules)) this.#rules.add(pattern, rule);
  }

  /** Whether a client may send `event` to `channel`; `undefined` where no rule says anything of sending. */
  allowsSend(channel: string, event: string): boolean | undefined {
    const { send } = this.#of(channel);
    return typeof send === 'object' ? send.includes(event) : send;
  }

  /** What is kept of `channel`; `undefined` is nothing. */
  retentionOf(channel: string): Retention | undefined {
    const { history = DEFAULT_RETENTION } = this.#of(channel);
    return history === false ? undefined : history;
  }

  /** How many `event`s a minute one connection may send to `channel`, where a rule says so. */
  rateOf(channel: string, event: string): number | undefined {
    const { rate } = this.#of(channel);
    return rate !== undefined && Object.hasOwn(rate, event) ? rate[event] : undefined;
  }

  slowReaderOf(channel: string): SlowReaderRule {
    return this.#of(channel).slowReader ?? 'catch-up';
  }

  #of(channel: string): ChannelRule {
    const known = this.#merged.get(channel);
    if (known !== undefined) return known;
    const rule: { -readonly [Key in keyof ChannelRule]: ChannelRule[Key] } = {};
    for (const { send, history, rate, slowReader } of this.#rules.findAll(channel)) {
      if (send !== undefined) rule.send = send;
      if (history !== undefined) rule.history = history;
      if (rate !== undefined) rule.rate = rate;
      if (slowReader !== undefined) rule.slowReader = slowReader;
    }
    if (this.#merged.size >= MAX_REMEMBERED) this.#merged.clear();
    this.#merged.set(channel, rule);
    return rule;
  }
}

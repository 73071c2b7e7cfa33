import { channelKind, eventNameProblem, isChannelName, PatternMap, RealtimeError } from '@rt/protocol';
import type { ChannelContract, Contract, StandardSchema } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import { checked, checkedJson } from './checked.ts';
import type { Checked, Subject } from './checked.ts';
import type { ChangedData } from './changed-data.ts';

/** How a contract is applied. */
export interface ContractSettings {
  readonly clock: Clock;
  /** How long an asynchronous schema may take. */
  readonly timeoutMs: number;
  /** Whether what the application sends is checked as well. */
  readonly checksOutgoing: boolean;
  /** Hears of what a schema made of the application's data. */
  readonly changedData: ChangedData | undefined;
  /** Hears of a schema that failed itself. */
  readonly failed: Subject['failed'];
}

/** One pattern of the contract. */
interface ContractChannel {
  readonly pattern: string;
  readonly events: ReadonlyMap<string, StandardSchema>;
  readonly send: ReadonlyMap<string, StandardSchema>;
  readonly presence: StandardSchema | undefined;
}

/** A channel of the contract as it was checked to be: its type says of events' schemas no more than that they are objects. */
interface CheckedChannel extends ChannelContract {
  readonly events?: Readonly<Record<string, StandardSchema>>;
  readonly send?: Readonly<Record<string, StandardSchema>>;
}

/** The patterns of this many channels are remembered; then it starts anew. */
const MAX_REMEMBERED = 10_000;

/** What the application's contract says of channels, at run time. */
export class ApplicationContract {
  readonly settings: ContractSettings;
  readonly #channels = new PatternMap<ContractChannel>();
  readonly #byPattern = new Map<string, ContractChannel>();
  readonly #known = new Map<string, ContractChannel>();
  /** By channel, when the last message that waits for an asynchronous schema has its turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** Throws `BAD_OPTION` for what can't be a contract. */
  constructor(channels: NonNullable<Contract['channels']>, settings: ContractSettings) {
    this.settings = settings;
    for (const [pattern, channel] of Object.entries(channels)) {
      refuseUnusable(pattern, channel);
      // The options were checked: these are schemas.
      const { events = {}, send = {}, presence } = channel as CheckedChannel;
      const schemas = { events: new Map(Object.entries(events)), send: new Map(Object.entries(send)) };
      const known = { pattern, ...schemas, presence };
      this.#channels.add(pattern, known);
      this.#byPattern.set(pattern, known);
    }
  }

  /** Throws `BAD_OPTION` where no handler of `event` for `text`, a pattern or a name, would ever run. */
  checkHandled(text: string, event: string): void {
    const known = this.#registered(text);
    if (known === undefined || known.send.has(event)) return;
    throw new RealtimeError('BAD_OPTION', `by the contract clients send no ${quoted(event)} to ${quoted(text)}`);
  }

  /** Throws `BAD_OPTION` where no authorizer for `text`, a pattern or a name, would ever be asked. */
  checkAuthorized(text: string): void {
    this.#registered(text);
  }

  /** Why there is no channel `name`, if so: `BAD_NAME`. A user's own channel is always there. */
  refusal(name: string): RealtimeError | undefined {
    if (channelKind(name) === 'user' || this.#find(name) !== undefined) return undefined;
    return unknownChannel(name);
  }

  /** Why no client may send `event` to `channel`, if so: `BAD_NAME`. */
  sendRefusal(channel: string, event: string): RealtimeError | undefined {
    const known = this.#find(channel);
    if (known === undefined) return unknownChannel(channel);
    if (known.send.has(event)) return undefined;
    return new RealtimeError('BAD_NAME', `by the contract clients send no ${quoted(event)} to "${known.pattern}"`);
  }

  /** What a client sent, as handlers get it. Throws `INVALID_DATA`, `BAD_NAME`, `HANDLER_FAILED`; rejects with `DEADLINE` too. */
  received(channel: string, event: string, data: unknown): Checked | Promise<Checked> {
    const schema = this.#find(channel)?.send.get(event);
    if (schema === undefined) throw this.sendRefusal(channel, event) ?? unknownChannel(channel);
    return this.#inTime(checkedJson(schema, data, this.#subject(channel, event)));
  }

  /** What a client sent and the event's schema for that let through, as it is delivered. Throws as `received`. */
  delivered(channel: string, event: string, data: unknown): Checked | Promise<Checked> {
    const schema = this.#eventSchema(channel, event);
    // One schema for both directions has seen it already.
    if (this.#find(channel)?.send.get(event) === schema) return { value: data };
    const result = this.#inTime(checked(schema, data, this.#subject(channel, event)));
    return this.#inOrder(channel, result);
  }

  /** What came over HTTP, as it is delivered. Throws as `received`. */
  incoming(channel: string, event: string, data: unknown): Checked | Promise<Checked> {
    return this.#inTime(checkedJson(this.#eventSchema(channel, event), data, this.#subject(channel, event)));
  }

  /**
   * What the application itself sends, as it is delivered. The names are always checked, the data where the settings say so.
   * Messages to a channel keep their order, also where their schemas take time. Throws as `received`.
   */
  outgoing(channel: string, event: string, data: unknown): Checked | Promise<Checked> {
    const schema = this.#eventSchema(channel, event);
    const { checksOutgoing, changedData } = this.settings;
    if (!checksOutgoing) return { value: data };
    const result = this.#inTime(checked(schema, data, this.#subject(channel, event)));
    const noted = (box: Checked): Checked => {
      changedData?.compare(this.#find(channel)?.pattern ?? channel, event, data, box.value);
      return box;
    };
    return this.#inOrder(channel, result instanceof Promise ? result.then(noted) : noted(result));
  }

  /** A member's info as everybody sees it. Throws as `received`. */
  info(channel: string, value: unknown): Checked | Promise<Checked> {
    const schema = this.#find(channel)?.presence;
    if (schema === undefined) return { value };
    const { failed } = this.settings;
    return this.#inTime(checked(schema, value, { name: `the info of a member of ${quoted(channel)}`, failed }));
  }

  /** Behind those of the channel whose schemas are still at work. */
  #inOrder(channel: string, result: Checked | Promise<Checked>): Checked | Promise<Checked> {
    const earlier = this.#turns.get(channel);
    if (earlier === undefined && !(result instanceof Promise)) return result;
    // It may fail while an earlier message still waits.
    if (result instanceof Promise) result.catch(() => undefined);
    const turn = (earlier ?? Promise.resolve()).then(() => result);
    const done = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(channel, done);
    void done.then(() => {
      if (this.#turns.get(channel) === done) this.#turns.delete(channel);
    });
    return turn;
  }

  /** What takes longer than it may is `DEADLINE`. */
  #inTime(result: Checked | Promise<Checked>): Checked | Promise<Checked> {
    if (!(result instanceof Promise)) return result;
    const { clock, timeoutMs } = this.settings;
    const late = Promise.withResolvers<never>();
    const stop = clock.after(timeoutMs, () =>
      late.reject(new RealtimeError('DEADLINE', `a schema did not answer within ${timeoutMs} ms`)),
    );
    return Promise.race([result, late.promise]).finally(stop);
  }

  #subject(channel: string, event: string): Subject {
    return { name: `${quoted(event)} of ${quoted(channel)}`, failed: this.settings.failed };
  }

  /** What the contract says of `text`; `undefined` for a pattern that ends with a `*`, which may mean several of its channels. */
  #registered(text: string): ContractChannel | undefined {
    const known = this.#byPattern.get(text) ?? this.#find(text);
    if (known !== undefined || text.endsWith('*')) return known;
    throw new RealtimeError('BAD_OPTION', `the contract has no channel ${quoted(text)}`);
  }

  #eventSchema(channel: string, event: string): StandardSchema {
    const known = this.#find(channel);
    if (known === undefined) throw unknownChannel(channel);
    const schema = known.events.get(event);
    if (schema !== undefined) return schema;
    throw new RealtimeError('BAD_NAME', `the contract has no event ${quoted(event)} of "${known.pattern}"`);
  }

  #find(name: string): ContractChannel | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = isChannelName(name) ? this.#channels.find(name)?.value : undefined;
    if (found === undefined) return undefined;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(name, found);
    return found;
  }
}

function refuseUnusable(pattern: string, { events = {}, send = {}, presence }: ChannelContract): void {
  for (const event of [...Object.keys(events), ...Object.keys(send)]) {
    const problem = eventNameProblem(event);
    if (problem !== undefined) throw new RealtimeError('BAD_OPTION', `the contract of "${pattern}": ${problem}`);
  }
  if (presence !== undefined && channelKind(pattern) !== 'presence') {
    throw new RealtimeError(
      'BAD_OPTION',
      `the contract of "${pattern}" has presence, but only channels that begin with presence- or presence. have members`,
    );
  }
}

function unknownChannel(name: string): RealtimeError {
  return new RealtimeError('BAD_NAME', `no channel of the contract matches ${quoted(name)}`);
}

/** Names in errors are the caller's, as long as the caller likes. */
function quoted(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 200));
}

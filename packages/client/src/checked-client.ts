import { invalidData, PatternMap, RealtimeError } from '@rt/protocol';
import type {
  ChannelContract,
  ChannelName,
  ChannelOf,
  Contract,
  DataArguments,
  EventSchemas,
  MethodContract,
  MethodInput,
  MethodName,
  MethodOutput,
  SchemaResult,
  SendInput,
  SendName,
  StandardSchema,
} from '@rt/protocol';
import { CheckedSubscription } from './checked-subscription.ts';
import type { ClientOptions } from './options.ts';
import { RealtimeClient } from './realtime-client.ts';
import type { CallOptions, SendOptions, SendResult } from './send-queue.ts';
import type { SubscribeOptions, Subscription } from './subscription.ts';
import type { SubscriptionOf } from './typed-subscription.ts';

/**
 * A `RealtimeClient` that checks what it sends and what it gets. What it sends fails with `INVALID_DATA` or `BAD_NAME` before it
 * leaves, as the server would answer. A message that is not what the contract says does not reach its listeners: the client
 * reports `HANDLER_FAILED` (`client.on('error', …)`) with an `INVALID_DATA` as its `cause`. Data is checked and never changed.
 */
export class CheckedClient<C extends Contract> extends RealtimeClient<C> {
  readonly #channels = new PatternMap<ChannelContract>();
  readonly #isTyped: boolean;
  readonly #methods: Readonly<Record<string, MethodContract>> | undefined;
  readonly #checked = new WeakMap<object, CheckedSubscription>();

  /** Throws `BAD_OPTION` for a contract whose patterns are none, and as `RealtimeClient` does. */
  constructor(url: string | URL, contract: C, options: ClientOptions = {}) {
    super(url, options);
    this.#isTyped = contract.channels !== undefined;
    this.#methods = contract.methods;
    for (const [pattern, channel] of Object.entries(contract.channels ?? {})) this.#channels.add(pattern, channel);
    // A field of the class above, which is its own to set.
    Object.defineProperty(this, 'user', { value: this.#checkedOnce(this.user as Subscription), enumerable: true });
  }

  /** As that of `RealtimeClient`; throws `BAD_NAME` too for a channel that the contract does not have. */
  override subscribe<Name extends string>(
    channel: ChannelName<C, Name>,
    options: SubscribeOptions = {},
  ): SubscriptionOf<ChannelOf<C, Name>> {
    if (this.#isTyped) this.#contractOf(channel as string);
    const subscription = super.subscribe(channel, options) as unknown as Subscription;
    return this.#checkedOnce(subscription) as unknown as SubscriptionOf<ChannelOf<C, Name>>;
  }

  override async send<Name extends string, Event extends SendName<ChannelOf<C, Name>>>(
    channel: ChannelName<C, Name>,
    event: Event,
    ...data: DataArguments<SendInput<ChannelOf<C, Name>, Event>, SendOptions>
  ): Promise<SendResult> {
    const result = this.#validate('send', channel as string, { event, data: data[0] });
    // Only an asynchronous schema is worth losing one's turn for.
    if (result instanceof Promise) await result;
    return super.send(channel, event, ...data);
  }

  /** As that of `RealtimeClient`; rejects with `HANDLER_FAILED` too for an answer that is not what the contract says. */
  override async call<Name extends MethodName<C>>(
    method: Name,
    ...input: DataArguments<MethodInput<C, Name>, CallOptions>
  ): Promise<MethodOutput<C, Name>> {
    const known = this.#methods && Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined;
    if (this.#methods && !known) throw new RealtimeError('BAD_NAME', `the contract has no method "${method}"`);
    const result = known?.input && checkedData(known.input, input[0], `the input of "${method}"`);
    if (result instanceof Promise) await result;
    const answer = await super.call(method, ...input);
    try {
      if (known?.output) await checkedData(known.output, answer, `the answer of "${method}"`);
    } catch (cause) {
      throw new RealtimeError('HANDLER_FAILED', `The answer of "${method}" is not what the contract says.`, { cause });
    }
    return answer;
  }

  #checkedOnce(subscription: Subscription): CheckedSubscription {
    const known = this.#checked.get(subscription);
    if (known !== undefined) return known;
    const checked = new CheckedSubscription(subscription, {
      received: ({ channel, event }, data) => {
        if (this.#validate('events', channel, { event, data }) === undefined) return;
        throw new RealtimeError('UNSUPPORTED', 'A client checks what it gets with synchronous schemas only.');
      },
      send: (channel, event, ...data) => this.send(channel as never, event as never, ...(data as never)),
    });
    this.#checked.set(subscription, checked);
    return checked;
  }

  #contractOf(channel: string): ChannelContract {
    const found = this.#channels.find(channel)?.value;
    if (found !== undefined) return found;
    throw new RealtimeError('BAD_NAME', `no channel of the contract matches "${channel}"`);
  }

  /** Throws what is wrong; a promise of that where the schema takes its time. */
  #validate(
    direction: 'events' | 'send',
    channel: string,
    { event, data }: { readonly event: string; readonly data: unknown },
  ): Promise<void> | undefined {
    if (!this.#isTyped) return undefined;
    const schemas: EventSchemas = this.#contractOf(channel)[direction] ?? {};
    const schema = Object.hasOwn(schemas, event) ? (schemas[event] as StandardSchema) : undefined;
    const subject = `"${event}" of "${channel}"`;
    if (schema === undefined) throw new RealtimeError('BAD_NAME', `the contract has no ${subject} here`);
    return checkedData(schema, data, subject);
  }
}

/** Throws what is wrong with `data`; a promise of that where the schema takes its time. */
function checkedData(schema: StandardSchema, data: unknown, subject: string): Promise<void> | undefined {
  const read = (result: SchemaResult<unknown>): void => {
    if (result.issues !== undefined) throw invalidData(result.issues, subject);
  };
  const { validate } = schema['~standard'];
  let result = validate(data);
  // What was left out travels as null.
  if (!('then' in result) && result.issues !== undefined && data === null) result = validate(undefined);
  if ('then' in result) return Promise.resolve(result).then(read);
  read(result);
  return undefined;
}

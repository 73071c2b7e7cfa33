import type { ApplicationErrors } from './application-errors.ts';
import type { ClientConnection } from './connection/client-connection.ts';
import { runFor } from './invocations/context.ts';
import type { Member } from './presence/member.ts';

/** What happened to a member of a presence channel. Every node with clients hears of it. */
export interface MemberEvent {
  readonly channel: string;
  readonly member: Member;
  /**
   * Whether it happened on this node: what must be done once for all nodes is done where this is `true`. Nobody has it for the
   * members of a node that died.
   */
  readonly isLocal: boolean;
}

/** What happens to connections and members, for `realtime.on`. Messages are for `handle`, never here. */
export interface LifecycleEvents {
  /** A client was accepted and got `ready`. */
  connected: { readonly connection: ClientConnection };
  /** It is gone: `code` as the wire closed, `reason` our error code where the server ended it. */
  disconnected: { readonly connection: ClientConnection; readonly code: number; readonly reason: string };
  subscribed: { readonly connection: ClientConnection; readonly channel: string };
  unsubscribed: { readonly connection: ClientConnection; readonly channel: string };
  /** A user's first connection took up a presence channel. */
  joined: MemberEvent;
  /** The last one is gone: at once where it was ended, after the grace time where it dropped. */
  left: MemberEvent;
  /** What the others see of a member is different now. */
  updated: MemberEvent;
  /** The broker stopped or resumed answering. */
  broker: { readonly state: 'up' | 'down'; readonly reason?: string };
}

type Listener<Name extends keyof LifecycleEvents> = (event: LifecycleEvents[Name]) => void;
type Listeners = { readonly [Name in keyof LifecycleEvents]: Set<Listener<Name>> };

/** Tells the application. A listener that throws is logged and stops nobody. */
export class Lifecycle {
  readonly #errors: ApplicationErrors;
  readonly #listeners: Listeners = {
    connected: new Set(),
    disconnected: new Set(),
    subscribed: new Set(),
    unsubscribed: new Set(),
    joined: new Set(),
    left: new Set(),
    updated: new Set(),
    broker: new Set(),
  };

  constructor(errors: ApplicationErrors) {
    this.#errors = errors;
  }

  on<Name extends keyof LifecycleEvents>(name: Name, listener: Listener<Name>): () => void {
    this.#listeners[name].add(listener);
    return () => {
      this.#listeners[name].delete(listener);
    };
  }

  emit<Name extends keyof LifecycleEvents>(name: Name, event: LifecycleEvents[Name]): void {
    for (const listener of this.#listeners[name]) {
      try {
        // An async function is a listener too, and its failure must not end the process.
        // What made it happen may be an invocation: that is nobody's business here.
        const outcome: unknown = runFor(undefined, () => listener(event));
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#report(name, event, error));
      } catch (error) {
        this.#report(name, event, error);
      }
    }
  }

  #report(name: string, event: LifecycleEvents[keyof LifecycleEvents], error: unknown): void {
    this.#errors.log(`a listener of "${name}"`, error, {}, 'connection' in event ? event.connection : undefined);
  }
}

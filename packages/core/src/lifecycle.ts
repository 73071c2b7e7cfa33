import type { ClientConnection } from './connection/client-connection.ts';
import type { Logger } from './contracts/logger.ts';
import type { Member } from './presence/member.ts';

/** What happens to connections and members, for `realtime.on`. Messages are for `handle`, never here. */
export interface LifecycleEvents {
  /** A client was accepted and got `ready`. */
  connected: { readonly connection: ClientConnection };
  /** It is gone: `code` as the wire closed, `reason` our error code where the server ended it. */
  disconnected: { readonly connection: ClientConnection; readonly code: number; readonly reason: string };
  subscribed: { readonly connection: ClientConnection; readonly channel: string };
  unsubscribed: { readonly connection: ClientConnection; readonly channel: string };
  /** A user's first connection took up a presence channel. */
  joined: { readonly channel: string; readonly member: Member };
  /** The last one is gone: at once where it was ended, after the grace time where it dropped. */
  left: { readonly channel: string; readonly member: Member };
  /** What the others see of a member is different now. */
  updated: { readonly channel: string; readonly member: Member };
  /** The broker stopped or resumed answering. */
  broker: { readonly state: 'up' | 'down'; readonly reason?: string };
}

type Listener<Name extends keyof LifecycleEvents> = (event: LifecycleEvents[Name]) => void;
type Listeners = { readonly [Name in keyof LifecycleEvents]: Set<Listener<Name>> };

/** Tells the application. A listener that throws is logged and stops nobody. */
export class Lifecycle {
  readonly #logger: Logger;
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

  constructor(logger: Logger) {
    this.#logger = logger;
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
        const outcome: unknown = listener(event);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#report(name, error));
      } catch (error) {
        this.#report(name, error);
      }
    }
  }

  #report(name: keyof LifecycleEvents, error: unknown): void {
    this.#logger.error(`a listener of "${name}" threw`, { error: String(error) });
  }
}

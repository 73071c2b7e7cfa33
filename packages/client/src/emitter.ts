import { RealtimeError } from '@rt/protocol';

/** Takes a listener off again. Calling it twice does nothing. */
export type Off = () => void;

/** What listens to an event that carries `Args`. */
export type Listener<Args extends readonly unknown[]> = (...args: Args) => void;

/** The arguments that each event's listeners get, by event name. */
type EventMap<Events> = { readonly [Name in keyof Events]: readonly unknown[] };

/** The half of an emitter that listeners see. A listener is called once an event, however often it was added. */
export interface Listenable<Events extends EventMap<Events>> {
  /** Calls `listener` at each `event` until the returned function is called. */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): Off;
  /** Calls `listener` at the next `event` only. */
  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): Off;
  /** Takes `listener` off `event`, however it was added. */
  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void;
}

/** Listeners by event name. One that throws never stops the others: it is reported as `HANDLER_FAILED`. */
export class Emitter<Events extends EventMap<Events>> implements Listenable<Events> {
  readonly #report: (error: RealtimeError, event: keyof Events) => void;
  /** Each listener with whether it is called only once. */
  readonly #listeners = new Map<keyof Events, Map<unknown, boolean>>();

  constructor(report: (error: RealtimeError, event: keyof Events) => void) {
    this.#report = report;
  }

  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>, isOnce = false): Off {
    let listeners = this.#listeners.get(event);
    if (!listeners) this.#listeners.set(event, (listeners = new Map()));
    listeners.set(listener, isOnce);
    return () => this.off(event, listener);
  }

  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): Off {
    return this.on(event, listener, true);
  }

  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    this.#listeners.get(event)?.delete(listener);
  }

  /** Calls the listeners of `event` in the order in which they were added, and tells whether there were any. */
  emit<Name extends keyof Events>(event: Name, ...args: Events[Name]): boolean {
    const listeners = this.#listeners.get(event);
    if (!listeners?.size) return false;
    // A copy: a listener added meanwhile waits for the next event.
    for (const [listener, isOnce] of [...listeners]) {
      if (!listeners.has(listener)) continue;
      if (isOnce) listeners.delete(listener);
      try {
        // Only `on` fills the map, with listeners of this very event.
        (listener as Listener<Events[Name]>)(...args);
      } catch (cause) {
        const message = `A listener of '${event as string}' failed.`;
        this.#report(new RealtimeError('HANDLER_FAILED', message, { cause }), event);
      }
    }
    return true;
  }
}

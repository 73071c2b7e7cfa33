import type { PresenceRoster, RealtimeError, ServerFrameOf } from '@rt/protocol';
import { Emitter } from './emitter.ts';
import type { Roster as LoadedRoster } from './features/roster.ts';
import { loadFeatures } from './loaded.ts';
import type { Member, MemberInfo, Presence, PresenceEvents } from './presence.ts';
import type { NumberedFrame } from './requests.ts';

/** What presence asks of its subscription. */
export interface PresenceOwner {
  readonly channel: string;
  readonly subscribed: Promise<void>;
  /** Asks the server something. */
  ask(frame: NumberedFrame): Promise<unknown>;
  /** Tells an error that no promise tells. */
  readonly report: (error: RealtimeError) => void;
}

/** A `Presence`, which a `Roster` keeps: that is loaded when the server first tells who is there. */
export class ChannelPresence extends Emitter<PresenceEvents> implements Presence {
  members: readonly Member[] = [];
  count = 0;
  readonly #owner: PresenceOwner;
  #roster: LoadedRoster | undefined;

  constructor(owner: PresenceOwner) {
    super(owner.report);
    this.#owner = owner;
  }

  async update(info: MemberInfo): Promise<void> {
    await this.#owner.subscribed;
    await (await this.#load()).update(info);
  }

  /** The server told who is there, or what changed. Returns a promise where that has to wait for the file; it never rejects. */
  received(news: PresenceRoster | ServerFrameOf<'pres'>): Promise<void> | void {
    // Where it can be, at once: between the messages before and after it.
    if (this.#roster) this.#roster.received(news);
    else return this.#load().then((roster) => roster.received(news), this.#owner.report);
  }

  async #load(): Promise<LoadedRoster> {
    const { Roster } = await loadFeatures();
    return (this.#roster ??= new Roster(this, this.#owner));
  }
}

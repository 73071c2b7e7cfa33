import type { Position } from '@rt/protocol';
import type { FactOf } from './recording.ts';

/** One message that somebody wanted to publish, with all the attempts that carry the same publish id. */
export interface Intent {
  readonly name: string;
  readonly text: string;
  readonly except: readonly string[] | undefined;
  readonly startedAt: number;
  /** Every place that it was acknowledged at: one, where all is well. */
  readonly acknowledged: { readonly at: number; readonly position: Position }[];
  /** The highest offset that was acknowledged in each epoch before it started. */
  readonly floors: ReadonlyMap<string, number>;
}

/** What was published to one channel. */
export class Intents {
  readonly all = new Map<string, Intent>();
  readonly #byPublish = new Map<number, Intent>();
  readonly #byText = new Map<string, Intent[]>();
  readonly #highest = new Map<string, number>();

  published({ publish, by, publishId, text, except }: FactOf<'published'>, at: number): void {
    // The server's key has the sender in it: nobody can burn another's ids.
    const key = publishId === undefined ? `#${publish}` : JSON.stringify([by, publishId]);
    let intent = this.all.get(key);
    if (intent === undefined) {
      const name = publishId === undefined ? `publish ${publish} of ${by}` : `publish id ${publishId} of ${by}`;
      intent = { name, text, except, startedAt: at, acknowledged: [], floors: new Map(this.#highest) };
      this.all.set(key, intent);
      this.#byText.set(text, [...this.withText(text), intent]);
    }
    this.#byPublish.set(publish, intent);
  }

  /** Gives the message that was acknowledged. */
  acknowledged(
    publish: number,
    position: Position,
    { at, isLost }: { readonly at: number; readonly isLost: boolean },
  ): Intent | undefined {
    const intent = this.#byPublish.get(publish);
    if (intent === undefined) return undefined;
    const { epoch, offset } = position;
    if (!intent.acknowledged.some((each) => each.position.epoch === epoch && each.position.offset === offset)) {
      intent.acknowledged.push({ at, position });
    }
    if (!isLost) this.#highest.set(epoch, Math.max(offset, this.#highest.get(epoch) ?? 0));
    return intent;
  }

  /** The log goes on there, so what is acknowledged from now on may stand before what was. */
  goesOnAt({ epoch, offset }: Position): void {
    this.#highest.set(epoch, offset);
  }

  withText(text: string): readonly Intent[] {
    return this.#byText.get(text) ?? [];
  }
}

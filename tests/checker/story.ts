import { check } from './check.ts';
import { Recorder } from './recorder.ts';

const CHANNEL = 'news';

/** The recorder's calls for one channel, short enough to read a history in. */
export class Story {
  readonly recorder = new Recorder();

  publish(data: string, cursor?: string, how: { publishId?: string; by?: string; except?: string[] } = {}): this {
    const publish = this.recorder.published({ channel: CHANNEL, data, ...how });
    if (cursor !== undefined) this.recorder.acknowledged(publish, cursor);
    return this;
  }

  confirm(subscriber: string, cursor?: string | null, recovered = false): this {
    this.recorder.confirmed({ subscriber, channel: CHANNEL, cursor, recovered });
    return this;
  }

  /** Each message is named like its text. */
  deliver(subscriber: string, cursor: string | null, text: string, id = text): this {
    this.recorder.delivered({ subscriber, channel: CHANNEL, cursor, id, data: text });
    return this;
  }

  skip(subscriber: string, cursor: string): this {
    this.recorder.skip({ subscriber, channel: CHANNEL, cursor });
    return this;
  }

  gap(subscriber: string, reason: string, cursor?: string): this {
    this.recorder.gap({ subscriber, channel: CHANNEL, reason, cursor });
    return this;
  }

  cut(subscriber: string): this {
    this.recorder.disconnected(subscriber);
    return this;
  }

  lose(reason: 'diverged' | 'epoch', cursor: string, ...places: string[]): this {
    this.recorder.lost({ channel: CHANNEL, reason, places, cursor });
    return this;
  }

  stall(subscriber: string): this {
    this.recorder.stalled(subscriber);
    return this;
  }

  end(subscriber: string): this {
    this.recorder.ended(subscriber, CHANNEL);
    return this;
  }

  final(...subscribers: string[]): this {
    for (const subscriber of subscribers) this.recorder.final(subscriber, CHANNEL);
    return this;
  }

  /** What is broken: the rule, and whose. */
  broken(how: { knowsLosses?: boolean } = {}): string[] {
    return check(this.recorder.recording, how).map(({ rule, subscriber }) => `${rule} ${subscriber ?? '-'}`);
  }
}

/** Two subscribers at the start of a channel in which one, two and three stand. */
export function three(): Story {
  const story = new Story().confirm('anna', 'e.0.0').confirm('bob', 'e.0.0');
  return story.publish('one', 'e.1.a').publish('two', 'e.2.b').publish('three', 'e.3.c');
}

/** Bob got everything. */
export function bobsThree(): Story {
  return three().deliver('bob', 'e.1.a', 'one').deliver('bob', 'e.2.b', 'two').deliver('bob', 'e.3.c', 'three');
}

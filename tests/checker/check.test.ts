import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { Recorder } from './recorder.ts';
import { bobsThree, Story, three } from './story.ts';

/** Anna got everything but what follows. */
function away(): Story {
  return bobsThree().deliver('anna', 'e.1.a', 'one').cut('anna');
}

describe('check passes', () => {
  it('a plain history', () => {
    const story = bobsThree().deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.2.b', 'two');
    expect(story.deliver('anna', 'e.3.c', 'three').final('anna', 'bob').broken()).toEqual([]);
  });

  it('a return with everything in between, whether the reply tells the old place or the head', () => {
    for (const cursor of ['e.1.a', 'e.3.c', undefined]) {
      const story = away().confirm('anna', cursor, true).deliver('anna', 'e.2.b', 'two');
      expect(story.deliver('anna', 'e.3.c', 'three').final('anna', 'bob').broken()).toEqual([]);
    }
  });

  it('a gap before or after the confirmation, and what stands behind it', () => {
    const after = away().confirm('anna', 'e.2.b').gap('anna', 'expired', 'e.2.b').deliver('anna', 'e.3.c', 'three');
    expect(after.final('anna', 'bob').broken()).toEqual([]);
    const before = away().gap('anna', 'expired', 'e.2.b').confirm('anna', 'e.3.c').deliver('anna', 'e.3.c', 'three');
    expect(before.final('anna', 'bob').broken()).toEqual([]);
  });

  it('another epoch behind a gap', () => {
    const story = away().confirm('anna', 'f.0.0').gap('anna', 'epoch', 'f.0.0').publish('four', 'f.1.d');
    expect(story.deliver('anna', 'f.1.d', 'four').final('anna').broken()).toEqual([]);
  });

  it('skips in the place of excluded messages, several of them as one', () => {
    const story = new Story().confirm('anna', 'e.0.0');
    for (const [index, text] of ['one', 'two'].entries()) {
      story.publish(text, `e.${index + 1}.a`, { by: 'anna', except: ['anna'] });
    }
    expect(story.skip('anna', 'e.2.a').final('anna').broken()).toEqual([]);
  });

  it('a retry that gets the first answer, and the same publish id of somebody else', () => {
    const story = new Story().confirm('anna', 'e.0.0').publish('one', undefined, { by: 'bob', publishId: 'p' });
    story.publish('one', 'e.1.a', { by: 'bob', publishId: 'p' }).publish('two', 'e.2.b', { by: 'cem', publishId: 'p' });
    expect(story.deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.2.b', 'two').final('anna').broken()).toEqual([]);
  });

  it('offsets with holes, and a new subscription that gets old messages again', () => {
    const story = new Story().confirm('anna', 'e.0.0').publish('one', 'e.5.a').deliver('anna', 'e.5.a', 'one');
    story.end('anna').confirm('anna', 'e.0.0').deliver('anna', 'e.5.a', 'one');
    expect(story.final('anna').broken()).toEqual([]);
  });

  it('messages without places', () => {
    const story = new Story().confirm('anna', null).publish('one').deliver('anna', null, 'one').cut('anna');
    expect(story.confirm('anna', null).final('anna').broken()).toEqual([]);
  });
});

describe('check finds', () => {
  it('a dropped delivery', () => {
    expect(bobsThree().deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.3.c', 'three').broken()).toEqual([
      'skipped anna',
    ]);
  });

  it('a dropped delivery behind a skip that is not for it', () => {
    const story = new Story().confirm('anna', 'e.0.0').confirm('bob', 'e.0.0').publish('one', 'e.1.a', { except: [] });
    story.publish('two', 'e.2.b', { by: 'anna', except: ['anna'] }).deliver('bob', 'e.1.a', 'one');
    expect(story.deliver('bob', 'e.2.b', 'two').skip('anna', 'e.2.b').broken()).toEqual(['skipped anna']);
  });

  it('a dropped last delivery', () => {
    const story = bobsThree().deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.2.b', 'two');
    expect(story.final('anna', 'bob').broken()).toEqual(['final anna']);
  });

  it('a dropped delivery where the test cannot know the confirmed place', () => {
    const story = new Story().confirm('anna').confirm('bob', 'e.0.0').publish('one', 'e.1.a').publish('two', 'e.2.b');
    story.deliver('bob', 'e.1.a', 'one').deliver('bob', 'e.2.b', 'two').deliver('anna', 'e.2.b', 'two');
    expect(story.broken()).toEqual(['skipped anna']);
  });

  it('a doubled delivery', () => {
    const story = bobsThree().deliver('bob', 'e.3.c', 'three');
    expect(story.broken()).toEqual(['twice bob']);
  });

  it('a doubled delivery after a reconnect', () => {
    const story = bobsThree().cut('bob').confirm('bob', 'e.2.b', true).deliver('bob', 'e.3.c', 'three');
    expect(story.final('bob').broken()).toEqual(['twice bob']);
  });

  it('a doubled message without a place', () => {
    const story = new Story().confirm('anna', null).publish('one');
    expect(story.deliver('anna', null, 'one').deliver('anna', null, 'one').broken()).toEqual(['twice anna']);
  });

  it('a swapped order', () => {
    const story = bobsThree().deliver('anna', 'e.2.b', 'two').deliver('anna', 'e.1.a', 'one');
    expect(story.deliver('anna', 'e.3.c', 'three').final('anna', 'bob').broken()).toEqual(['order anna']);
  });

  it('a silent skip after a reconnect', () => {
    expect(away().confirm('anna', 'e.1.a', true).deliver('anna', 'e.3.c', 'three').broken()).toEqual(['skipped anna']);
    expect(away().confirm('anna', 'e.3.c', true).final('anna').broken()).toEqual(['final anna']);
  });

  it('a return from the head without a gap', () => {
    expect(away().confirm('anna', 'e.2.b').deliver('anna', 'e.3.c', 'three').broken()).toEqual(['gap anna']);
    expect(away().confirm('anna', 'e.3.c').final('anna').broken()).toEqual(['gap anna']);
  });

  it('a gap that was lost with the connection and never came again', () => {
    const story = away().confirm('anna', 'e.2.b').cut('anna').confirm('anna', 'e.2.b', true);
    expect(story.deliver('anna', 'e.3.c', 'three').broken()).toEqual(['gap anna']);
  });

  it('two subscribers who disagree on a place', () => {
    expect(bobsThree().deliver('anna', 'e.1.a', 'one', 'other').broken()).toEqual(['agreement -']);
  });

  it('one message at two places', () => {
    const story = new Story().confirm('anna', 'e.0.0').confirm('bob', 'e.1.a').deliver('anna', 'e.1.a', 'one', 'id');
    expect(story.deliver('bob', 'e.2.b', 'two', 'id').broken()).toEqual(['agreement -']);
  });

  it('an acknowledged message that nobody gets', () => {
    const story = three();
    for (const subscriber of ['anna', 'bob']) {
      story.deliver(subscriber, 'e.1.a', 'one').deliver(subscriber, 'e.3.c', 'three').final(subscriber);
    }
    expect(story.broken()).toEqual(['acknowledged -']);
  });

  it('an acknowledged last message that nobody gets', () => {
    expect(new Story().confirm('anna').publish('one', 'e.1.a').final('anna').broken()).toEqual(['acknowledged -']);
  });

  it('an acknowledgement with the place of another message', () => {
    const story = new Story().confirm('anna', 'e.0.0').publish('one', 'e.1.a').publish('two');
    expect(story.deliver('anna', 'e.1.a', 'two').broken()).toEqual(['acknowledged -']);
    expect(new Story().publish('one', 'e.1.a').publish('two', 'e.1.a').broken()).toEqual(['acknowledged -']);
  });

  it('another epoch without a gap', () => {
    const story = bobsThree().publish('four', 'f.1.d').deliver('bob', 'f.1.d', 'four');
    expect(story.final('bob').broken()).toEqual(['epoch bob']);
    expect(away().confirm('anna', 'f.0.0').publish('four', 'f.1.d').deliver('anna', 'f.1.d', 'four').broken()).toEqual([
      'epoch anna',
    ]);
    expect(away().confirm('anna', 'f.0.0', true).broken()).toEqual(['epoch anna']);
  });

  it('another epoch without a gap, also where connections before were lost before any gap came', () => {
    // The one before owed a gap for another reason, and then for this one.
    const later = away().confirm('anna', 'e.1.a').cut('anna').confirm('anna', 'f.0.0').publish('four', 'f.1.d');
    expect(later.deliver('anna', 'f.1.d', 'four').broken()).toEqual(['epoch anna']);
    const before = away().confirm('anna', 'f.0.0').cut('anna').publish('four', 'f.1.d').confirm('anna', 'f.0.0');
    expect(before.deliver('anna', 'f.1.d', 'four').broken()).toEqual(['epoch anna']);
  });

  it('a subscriber who stays in an old epoch', () => {
    expect(bobsThree().publish('four', 'f.1.d').final('bob').broken()).toEqual(['final bob']);
  });

  it('a publish id at two places', () => {
    const how = { by: 'cem', publishId: 'p' };
    const acknowledged = new Story().publish('one', 'e.1.a', how).publish('one', 'e.2.b', how);
    expect(acknowledged.broken()).toEqual(['publish-id -']);
    const unanswered = new Story().confirm('anna', 'e.0.0').publish('one', undefined, how).publish('one', 'e.2.b', how);
    unanswered.deliver('anna', 'e.1.a', 'one', 'x').deliver('anna', 'e.2.b', 'one', 'y');
    expect(unanswered.broken()).toEqual(['publish-id -']);
  });

  it('a message that stands before one that was acknowledged earlier', () => {
    expect(new Story().publish('one', 'e.2.b').publish('two', 'e.1.a').broken()).toEqual(['publish-order -']);
  });

  it('a message that nobody published', () => {
    expect(bobsThree().deliver('bob', 'e.4.d', 'four').broken()).toEqual(['unpublished -']);
  });

  it('a gap that does not go on where it says', () => {
    const late = away().confirm('anna', 'e.1.a').gap('anna', 'limit', 'e.1.a').deliver('anna', 'e.3.c', 'three');
    expect(late.broken()).toEqual(['gap anna']);
    const early = away().confirm('anna', 'e.2.b').gap('anna', 'limit', 'e.2.b').deliver('anna', 'e.2.b', 'two');
    expect(early.broken()).toEqual(['gap anna']);
    expect(bobsThree().gap('bob', 'limit', 'e.1.a').broken()).toEqual(['gap bob']);
  });

  it('a delivery from before the confirmed place, and one without a confirmation', () => {
    const before = bobsThree().confirm('cem', 'e.2.b').deliver('cem', 'e.2.b', 'two').deliver('cem', 'e.3.c', 'three');
    expect(before.broken()).toEqual(['confirmed cem']);
    expect(bobsThree().deliver('cem', 'e.3.c', 'three').broken()).toEqual(['confirmed cem']);
    expect(away().deliver('anna', 'e.2.b', 'two').broken()).toEqual(['confirmed anna']);
  });

  it('a confirmation without its place in a channel that has places', () => {
    expect(three().confirm('cem', null).broken()).toEqual(['confirmed cem']);
  });

  it('a wrong tag, wherever it is told', () => {
    expect(bobsThree().deliver('anna', 'e.1.x', 'one').broken()).toEqual(['tag -']);
    expect(three().confirm('cem', 'e.3.x').broken()).toEqual(['tag -']);
  });

  it('a message that comes to its sender', () => {
    const story = new Story().confirm('anna', 'e.0.0').publish('one', 'e.1.a', { by: 'anna', except: ['anna'] });
    expect(story.deliver('anna', 'e.1.a', 'one').broken()).toEqual(['excluded anna']);
  });

  it('text that is no cursor', () => {
    expect(new Story().confirm('anna', 'e 1').broken()).toEqual(['cursor -']);
  });

  it('a subscriber who waits without being subscribed', () => {
    expect(away().final('anna').broken()).toEqual(['final anna']);
    expect(three().final('cem').broken()).toEqual(['final cem']);
  });

  it('faults of each channel apart', () => {
    const recorder = new Recorder();
    for (const channel of ['one', 'other']) {
      recorder.confirmed({ subscriber: 'anna', channel, cursor: 'e.0.0', recovered: false });
      recorder.delivered({ subscriber: 'anna', channel, cursor: 'e.1.a', id: 'id', data: channel });
    }
    expect(check(recorder.recording)).toEqual([]);
    recorder.delivered({ subscriber: 'anna', channel: 'other', cursor: 'e.1.a', id: 'id', data: 'other' });
    expect(check(recorder.recording)).toMatchObject([{ rule: 'twice', channel: 'other', at: 4 }]);
  });
});

import { describe, expect, it } from 'vitest';
import { bobsThree, Story, three } from './story.ts';

describe('check passes, of a log that lost something,', () => {
  it('what the log lost, behind a gap, whether it had come or not', () => {
    const story = bobsThree().deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.2.b', 'two');
    story.lose('diverged', 'e.2.b', 'e.3.c').gap('anna', 'diverged', 'e.2.b').gap('bob', 'diverged', 'e.2.b');
    story.publish('four', 'e.3.d').deliver('anna', 'e.3.d', 'four').deliver('bob', 'e.3.d', 'four');
    expect(story.final('anna', 'bob').broken({ knowsLosses: true })).toEqual([]);
  });

  it('a publish id that is stored again after its first place was lost', () => {
    const how = { by: 'cem', publishId: 'p' };
    const story = new Story().publish('one', 'e.1.a', how).lose('diverged', 'e.0.0', 'e.1.a');
    expect(story.publish('one', 'e.1.b', how).broken()).toEqual([]);
  });

  it('a loss that who was away, or did not read, can not be told of', () => {
    const story = bobsThree().deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.2.b', 'two');
    story.lose('diverged', 'e.2.b', 'e.3.c').gap('bob', 'diverged', 'e.2.b').stall('anna');
    story.publish('four', 'e.3.d').deliver('anna', 'e.3.d', 'four').deliver('bob', 'e.3.d', 'four');
    expect(story.final('anna', 'bob').broken({ knowsLosses: true })).toEqual([]);
  });
});

describe('check finds, of a log that lost something,', () => {
  it('a loss that nobody is told of: of what had come, and of what would have', () => {
    const story = bobsThree().deliver('anna', 'e.1.a', 'one').deliver('anna', 'e.2.b', 'two');
    story.lose('diverged', 'e.2.b', 'e.3.c').publish('four', 'e.3.d');
    story.deliver('anna', 'e.3.d', 'four').deliver('bob', 'e.3.d', 'four');
    expect(story.final('anna', 'bob').broken({ knowsLosses: true })).toEqual(['lost anna', 'lost bob']);
  });

  it('a loss that nobody is told of, where nothing comes after it', () => {
    expect(bobsThree().lose('diverged', 'e.2.b', 'e.3.c').final('bob').broken()).toEqual(['lost bob']);
    expect(bobsThree().lose('epoch', 'f.0.0', 'e.1.a', 'e.2.b', 'e.3.c').final('bob').broken()).toEqual(['final bob']);
  });

  it('an acknowledged message that nobody gets, though another one was lost', () => {
    const story = three().lose('diverged', 'e.2.b', 'e.3.c').gap('anna', 'diverged', 'e.2.b');
    story.publish('four', 'e.3.d').publish('five', 'e.4.e').deliver('anna', 'e.4.e', 'five');
    expect(story.broken()).toEqual(['acknowledged -']);
  });

  it('a gap for a loss that was not, and one more than there were losses', () => {
    expect(bobsThree().gap('bob', 'diverged', 'e.3.c').broken({ knowsLosses: true })).toEqual(['needless bob']);
    expect(bobsThree().gap('bob', 'broker', 'e.3.c').broken({ knowsLosses: true })).toEqual(['needless bob']);
    const twice = bobsThree().lose('diverged', 'e.2.b', 'e.3.c');
    twice.gap('bob', 'diverged', 'e.2.b').gap('bob', 'diverged', 'e.2.b');
    expect(twice.broken({ knowsLosses: true })).toEqual(['needless bob']);
  });
});

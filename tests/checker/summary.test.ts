import { expect, it } from 'vitest';
import { check } from './check.ts';
import { Recorder } from './recorder.ts';
import { summary } from './summary.ts';

it('tells the seed, what is broken, and the last facts of that channel', () => {
  const recorder = new Recorder(42);
  recorder.confirmed({ subscriber: 'anna', channel: 'other', cursor: 'e.0.0', recovered: false });
  recorder.confirmed({ subscriber: 'anna', channel: 'news', cursor: 'e.0.0', recovered: false });
  recorder.acknowledged(recorder.published({ channel: 'news', data: 'one' }), 'e.1.a');
  recorder.delivered({ subscriber: 'anna', channel: 'news', cursor: 'e.1.a', id: 'id', data: 'one' });
  recorder.delivered({ subscriber: 'anna', channel: 'news', cursor: 'e.1.a', id: 'id', data: 'one' });
  const { recording } = recorder;
  expect(summary(recording, check(recording), 2).split('\n')).toEqual([
    '1 violation, seed 42, 6 facts',
    '  twice: news, anna: it got id at e.1, and one of both before (fact 5)',
    'Facts of news:',
    '  4 delivered subscriber="anna" cursor="e.1.a" id="id" text="one"',
    '> 5 delivered subscriber="anna" cursor="e.1.a" id="id" text="one"',
  ]);
});

import fc from 'fast-check';
import { ModelServer } from './model-server.ts';
import { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';

const NAMES = ['anna', 'bob', 'cem'];

const name = fc.constantFrom(...NAMES);
const publisher = fc.constantFrom('server', ...NAMES);
const publishing = fc.record({ isAcknowledged: fc.boolean(), isExcluding: fc.boolean(), isRetried: fc.boolean() });

type Step = (server: ModelServer) => void;

/** Somebody who has everything is away for a while, and comes back. */
function absence(how: { readonly who: string; readonly published: number; readonly trimmed: number }): Step {
  return (server) => {
    server.connect(how.who);
    server.arrive(how.who);
    server.cut(how.who);
    for (let count = 0; count < how.published; count++) server.publish('server');
    server.trim(how.trimmed);
    server.connect(how.who);
    server.arrive(how.who);
  };
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(publisher, publishing).map(
      (args): Step =>
        (server) =>
          server.publish(...args),
    ),
  },
  {
    weight: 6,
    arbitrary: name.map(
      (who): Step =>
        (server) =>
          server.connect(who),
    ),
  },
  {
    weight: 3,
    arbitrary: name.map(
      (who): Step =>
        (server) =>
          server.cut(who),
    ),
  },
  {
    weight: 1,
    arbitrary: name.map(
      (who): Step =>
        (server) =>
          server.leave(who),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(name, fc.integer({ min: 1, max: 6 })).map(
      (args): Step =>
        (server) =>
          server.arrive(...args),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({ who: name, published: fc.nat({ max: 4 }), trimmed: fc.nat({ max: 8 }) }).map(absence),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 4 }).map(
      (count): Step =>
        (server) =>
          server.trim(count),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((server) => server.restart()) },
);

const loss: fc.Arbitrary<Step> = fc.integer({ min: 1, max: 3 }).map(
  (count): Step =>
    (server) =>
      server.loseTail(count),
);

/** Runs of a server that keeps the promise: publishes, joins, cuts, returns, trimming and restarts. */
export const goodHistory = historyOf(step);

/** The same, of a server whose log loses its end now and then. */
export const lossyHistory = historyOf(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: loss }));

function historyOf(one: fc.Arbitrary<Step>): fc.Arbitrary<Recording> {
  return fc.tuple(fc.subarray(NAMES), fc.array(one, { minLength: 10, maxLength: 60 })).map(([first, steps]) => {
    const recorder = new Recorder();
    const server = new ModelServer(recorder);
    for (const who of first) server.connect(who);
    for (const run of steps) run(server);
    server.finish();
    return recorder.recording;
  });
}

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { application, schemasAlone, SMALLEST } from '../../tests/contracts/large-application.ts';
import { typeCheck } from '../../tests/contracts/type-checker.ts';
import { median } from '../fanout/median.ts';

const USAGE = `npm run bench -- types [--rounds N]

  --rounds N   rounds of each measurement (default 5); the median counts`;

const LARGE = { channels: 200, events: 20, sends: 1, used: 0 };

/** What is compared: of each channel clients may send one event as well. */
const PROGRAMS = [
  ['the libraries, and a contract of one event', SMALLEST],
  ['its 4,200 schemas in plain objects', schemasAlone(LARGE)],
  ['a contract of 200 channels with 20 events each', application(LARGE)],
  ['… with six uses of each channel', application({ ...LARGE, used: 1 })],
] as const;

/** CPU time of the compiler for one program whose imports were parsed before, in milliseconds. */
function cpuMs(text: string): { readonly ms: number; readonly instantiations: number } {
  const before = process.cpuUsage();
  const { problems, instantiations } = typeCheck({ 'application.ts': text }, 'sources');
  const { user, system } = process.cpuUsage(before);
  if (problems.length > 0) throw new Error(problems[0]);
  return { ms: (user + system) / 1_000, instantiations };
}

function run(): void {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds takes a whole number from 1');
  // Parses what all of them import.
  cpuMs(SMALLEST);
  const results = PROGRAMS.map(() => [] as { readonly ms: number; readonly instantiations: number }[]);
  for (let round = 0; round < rounds; round++) {
    PROGRAMS.forEach(([title, text], index) => {
      console.error(`  round ${round + 1} of ${rounds}: ${title}`);
      results[index]!.push(cpuMs(text));
    });
  }
  const rows = results.map((measured) => median(measured.map(({ ms }) => ms)));
  console.log(
    `\nNode ${process.versions.node}, ${availableParallelism()} cores: CPU time of the compiler, medians of ${rounds}\n`,
  );
  PROGRAMS.forEach(([title], index) => {
    const { instantiations } = results[index]![0]!;
    console.log(
      `${title.padEnd(48)} ${rows[index]!.toFixed(0).padStart(7)} ms ${String(instantiations).padStart(9)} instantiations`,
    );
  });
  // Within each round: what disturbs one disturbs no difference.
  const added = results[2]!.map(({ ms }, round) => ms - results[0]![round]!.ms);
  const isMet = median(added) <= 2_000;
  console.log(
    `\n${isMet ? 'met    ' : 'NOT MET'}  200 channels with 20 events each add at most 2 s: ${(median(added) / 1_000).toFixed(2)} s`,
  );
}

// A benchmark reports: exit code 1 means that the measurement failed, 2 that the arguments are wrong, not that a number is low.
try {
  run();
} catch (error) {
  const isUsage = error instanceof TypeError;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
  process.exit(isUsage ? 2 : 1);
}

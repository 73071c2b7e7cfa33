import { availableParallelism } from 'node:os';
import { parseBenchOptions, USAGE } from './options.ts';
import type { BenchOptions } from './options.ts';
import { besideStalledLine, manyConnectionsTable, rowTable } from './report.ts';
import { measureDelivery } from './scenarios/delivery.ts';
import { measureIdle } from './scenarios/idle.ts';
import { measureManyConnections } from './scenarios/many-connections.ts';
import { measureStalled } from './scenarios/stalled.ts';
import { targetLines } from './targets.ts';

// A benchmark reports: exit code 1 means that the measurement failed, not that a number is low.
let options: BenchOptions;
try {
  options = parseBenchOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}

try {
  await run(options);
} catch (error) {
  console.error('The measurement failed:', error instanceof Error ? error.message : error);
  // Not only exitCode: children that still run would keep this process. They end when it does.
  process.exit(1);
}

async function run(asked: BenchOptions): Promise<void> {
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores`;
  if (asked.connections !== undefined) {
    const results = await measureManyConnections(asked.connections);
    console.log(`\n${machine}, one server process each; every client got the broadcast\n`);
    console.log(manyConnectionsTable(results));
    return;
  }
  const rows = [...(await measureDelivery(asked)), ...(await measureIdle(asked))];
  const stalled = await measureStalled(asked);
  console.log(`\n${machine}, 500 subscribers, medians of ${asked.rounds} alternating rounds; every delivery arrived\n`);
  console.log(rowTable(rows));
  console.log(besideStalledLine(stalled));
  console.log(`\n${targetLines(rows, stalled).join('\n')}`);
}

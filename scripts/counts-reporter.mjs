import { writeFileSync } from 'node:fs';

/**
 * A vitest reporter that writes how many tests passed, failed and were skipped to the file named by RT_TEST_COUNTS, for
 * scripts/test.mjs to print after everything else. A file or suite that could not be loaded, a test that never came to an
 * end and an unhandled error count as failed.
 */
export default class CountsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'pending' ? 'failed' : state] += 1;
      }
    }
    writeFileSync(process.env.RT_TEST_COUNTS, JSON.stringify(counts));
  }
}

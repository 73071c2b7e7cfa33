import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const long = process.env['RT_LONG'] === '1';

/**
 * Tests run from source: the `@rt/source` condition makes every workspace import resolve to its `src`.
 * `RT_LONG=1` (npm run test:long) runs those in tests/long that need minutes, and only those.
 */
export default defineConfig({
  resolve: { conditions: ['@rt/source'] },
  ssr: { resolve: { conditions: ['@rt/source', 'node', 'default'] } },
  test: {
    include: long ? ['tests/long/**/*.test.ts'] : ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: long ? ['**/node_modules/**'] : ['**/node_modules/**', 'tests/long/**'],
    // Most tests wait for real servers, browsers and clocks: one worker more than there are cores keeps these busy.
    maxWorkers: long ? 1 : availableParallelism() + 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

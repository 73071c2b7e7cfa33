import { defineConfig } from 'vitest/config';

/** Tests run from source: the `@rt/source` condition makes every workspace import resolve to its `src`. */
export default defineConfig({
  resolve: { conditions: ['@rt/source'] },
  ssr: { resolve: { conditions: ['@rt/source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(process.env['RT_LONG'] === '1' ? [] : ['tests/long/**'])],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const OTHER_KINDS = ['int', 'workflow', 'replay', 'e2e'];
const LEFT_OUT = ['**/node_modules/**', '.cyxwiz/**', '**/target/**', 'web/build/**'];

/** A project's files are told by the ending of their names: `x.int.test.ts` belongs to `integration`. */
const endingIn = (kind: string): string[] => [`**/*.${kind}.test.ts`, `**/*.${kind}.test.tsx`];

/** Tests that share servers or measure time run one file after another. */
const oneAtATime = { pool: 'forks', fileParallelism: false, testTimeout: 60_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  root,
  test: {
    environment: 'node',
    exclude: LEFT_OUT,
    // Programs that set-up put in place, for tests that start one themselves: `inject('tools').temporal`.
    provide: {
      tools: {
        temporal: join(root, '.cyxwiz/py/bin/temporal'),
        temporalTestServer: join(root, '.cyxwiz/py/bin/temporal-test-server'),
        python: join(root, '.cyxwiz/py/bin/python'),
      },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx', '**/*.test.mjs'],
          exclude: [...LEFT_OUT, ...OTHER_KINDS.flatMap(endingIn)],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: 'integration', include: endingIn('int'), globalSetup: 'scripts/test/shared-stack.ts', ...oneAtATime },
      },
      { extends: true, test: { name: 'workflow', include: endingIn('workflow'), ...oneAtATime } },
      { extends: true, test: { name: 'replay', include: endingIn('replay'), ...oneAtATime } },
      {
        extends: true,
        test: { name: 'e2e', include: endingIn('e2e'), globalSetup: 'scripts/test/whole-stack.ts', ...oneAtATime, testTimeout: 180_000, hookTimeout: 300_000 },
      },
    ],
  },
});

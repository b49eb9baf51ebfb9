// The workflow bundle, made once: the same artefact runs in every start, so starting the platform bundles nothing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { hashOf, hashOfFolders } from './stamps.mjs';

const SOURCES = ['workflows', 'core', 'temporal/contract'];
const OTHER_SOURCES = ['scripts/setup/bundle-workflows.ts', 'temporal/codec/failure-converter.cjs', 'package-lock.json'];
const isSource = (name) => name.endsWith('.ts') && !name.endsWith('.test.ts');

/** @returns {import('./steps.mjs').Step} */
export function workflowsStep({ root, home, logFile }) {
  const bundle = join(home, 'workflow-bundle.js');
  return {
    name: 'workflows',
    what: 'Workflow bundle',
    inputHash: () => hashOf(hashOfFolders(root, SOURCES, isSource), ...OTHER_SOURCES.map((file) => readFileSync(join(root, file)))),
    isDone: () => existsSync(bundle),
    run: () =>
      runCommand(process.execPath, ['--import', 'tsx', join(root, 'scripts', 'setup', 'bundle-workflows.ts'), bundle], { cwd: root, logFile }),
  };
}

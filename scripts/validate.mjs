// `npm run validate`: types, lint, import boundaries, dead code, proto lint, then the tests.
// `--static` leaves the tests out. Every check runs even when an earlier one failed: one run shows all.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setupOrExit } from './setup/main.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NOT_SOURCES = new Set(['node_modules', 'docs']);

/** Every folder of ours at the top; new ones are checked without being named here. */
function sourceFolders() {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !NOT_SOURCES.has(entry.name))
    .map((entry) => entry.name);
}

/** @type {{ what: string, command: string, args: string[] }[]} */
const checks = [
  { what: 'types', command: 'tsc', args: ['--noEmit', '-p', '.'] },
  { what: 'lint', command: 'eslint', args: ['.'] },
  { what: 'import boundaries', command: 'depcruise', args: ['--config', '.dependency-cruiser.cjs', ...sourceFolders()] },
  { what: 'dead code', command: 'knip', args: ['--no-config-hints'] },
  { what: 'proto lint', command: 'buf', args: ['lint'] },
];

function passes({ what, command, args }) {
  const startedAt = performance.now();
  const program = join(ROOT, 'node_modules', '.bin', command);
  if (!existsSync(program)) throw new Error(`${command} is not installed; run npm run setup`);
  const result = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', env: process.env, maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const good = result.status === 0;
  console.log(`${good ? 'ok    ' : 'FAILED'}  ${what} (${seconds} s)`);
  if (!good) console.log(`${result.stdout}${result.stderr}${result.error?.message ?? ''}`);
  return good;
}

await setupOrExit();
const results = checks.map(passes);
const staticGood = results.every(Boolean);
if (process.argv.includes('--static')) {
  process.exitCode = staticGood ? 0 : 1;
} else {
  const { runTests } = await import('./test/run.mjs');
  const testsCode = await runTests();
  process.exitCode = staticGood ? testsCode : 1;
}

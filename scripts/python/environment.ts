import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROBE_WITHIN_MS = 20_000;
const INSTALL_WITHIN_MS = 15 * 60_000;

export interface PythonEnvironment {
  /** What it is for, as in "the comparison with Keras". */
  readonly purpose: string;
  /** Pinned packages; all come as wheels. */
  readonly requirementsFile: string;
  /** Where it is kept. */
  readonly folder: string;
  /** Versions that the wheels fit, e.g. `3.11`. */
  readonly versions: readonly string[];
  /** Interpreters to look for, in this order. */
  readonly interpreters: readonly string[];
  readonly log: (line: string) => void;
}

/** The interpreter's version where it can make an environment, e.g. `3.11`; else undefined. */
async function versionOf(interpreter: string): Promise<string | undefined> {
  const probe = 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])';
  const answer = await run(interpreter, ['-c', probe], { timeout: PROBE_WITHIN_MS }).catch(() => undefined);
  return answer?.stdout.trim();
}

async function findInterpreter({ purpose, interpreters, versions }: PythonEnvironment): Promise<string> {
  for (const interpreter of interpreters) {
    if (versions.includes((await versionOf(interpreter)) ?? '')) return interpreter;
  }
  throw new Error(
    `${purpose} needs Python ${versions.join(' or ')} with its venv module (looked for ${interpreters.join(', ')}). On Debian or Ubuntu: apt install python3.11 python3.11-venv`,
  );
}

/**
 * A Python with pinned packages. The first call makes its environment; later ones find it finished by its stamp, which is
 * written last and goes with a changed requirements file.
 */
export async function pythonEnvironment(environment: PythonEnvironment): Promise<string> {
  const { folder, requirementsFile, purpose, log } = environment;
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'finished');
  const wanted = createHash('sha256').update(readFileSync(requirementsFile)).update(folder).digest('hex');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  const interpreter = await findInterpreter(environment);
  log(`making the environment of ${purpose} with ${interpreter} in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(interpreter, ['-m', 'venv', folder], { timeout: INSTALL_WITHIN_MS });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '-r', requirementsFile];
  await run(python, install, { timeout: INSTALL_WITHIN_MS, maxBuffer: 1 << 26 });
  writeFileSync(stamp, wanted);
  return python;
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const DEFAULT_FOLDER = fileURLToPath(new URL('../../.cyxwiz/reference', import.meta.url));
const INTERPRETERS = ['python3.11', 'python3.10', 'python3', 'python'];
const PROBE_WITHIN_MS = 20_000;
const INSTALL_WITHIN_MS = 15 * 60_000;

export interface EnvironmentOptions {
  /** An interpreter that has TensorFlow already: taken as it is. */
  readonly python?: string | undefined;
  /** Where the environment is kept; by default in the checkout's `.cyxwiz`. */
  readonly folder?: string;
  /** Interpreters to look for, in this order. */
  readonly interpreters?: readonly string[];
  readonly log: (line: string) => void;
}

/** "3.11" where the interpreter can make an environment that TensorFlow's wheels fit, else undefined. */
async function fittingVersion(interpreter: string): Promise<string | undefined> {
  const probe = 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])';
  const answer = await run(interpreter, ['-c', probe], { timeout: PROBE_WITHIN_MS }).catch(() => undefined);
  const version = answer?.stdout.trim();
  return version === '3.11' || version === '3.10' ? version : undefined;
}

async function findInterpreter(interpreters: readonly string[]): Promise<string> {
  for (const interpreter of interpreters) {
    if ((await fittingVersion(interpreter)) !== undefined) return interpreter;
  }
  throw new Error(
    `The comparison with Keras needs Python 3.10 or 3.11 with its venv module (looked for ${interpreters.join(', ')}): TensorFlow 2.15 has no wheels for newer ones. ` +
      'On Debian or Ubuntu: apt install python3.11 python3.11-venv. Or name an interpreter that imports tensorflow with --python',
  );
}

/**
 * The Python that runs the reference. The first call makes its environment (about 250 MB to fetch); later ones find it
 * finished by its stamp, which is written last and goes with a changed requirements file.
 */
export async function referencePython(options: EnvironmentOptions): Promise<string> {
  if (options.python !== undefined) return options.python;
  const folder = options.folder ?? DEFAULT_FOLDER;
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'finished');
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(folder).digest('hex');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  const interpreter = await findInterpreter(options.interpreters ?? INTERPRETERS);
  options.log(`making the reference environment with ${interpreter} in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(interpreter, ['-m', 'venv', folder], { timeout: INSTALL_WITHIN_MS });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '-r', REQUIREMENTS];
  await run(python, install, { timeout: INSTALL_WITHIN_MS, maxBuffer: 1 << 26 });
  writeFileSync(stamp, wanted);
  return python;
}

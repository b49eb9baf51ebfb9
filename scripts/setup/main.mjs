// Set-up: brings a fresh checkout to where everything can start. Plain Node without packages, because it is
// what installs the packages. Run it as often as you like: what is in place is left alone.
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeSetupLock } from './lock.mjs';
import { missingPrerequisites, nodeTrouble } from './prerequisites.mjs';
import { stampsIn } from './stamps.mjs';
import { setupSteps } from './steps.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

export class SetupFailed extends Error {}

/** What `setup` says goes to stderr, so that a program's own stdout stays its own. */
const toStderr = (line) => process.stderr.write(`${line}\n`);

/**
 * @param {{ root?: string, home?: string, python?: string, log?: (line: string) => void }} [options]
 * @throws SetupFailed with the text to show
 */
export async function setup({ root = ROOT, home = join(root, '.cyxwiz'), python = 'python3', log = toStderr } = {}) {
  // The embedded servers and the built parts live below the checkout even where CYXWIZ_HOME names another folder for data.
  const stateFolder = isAbsolute(home) ? home : resolve(root, home);
  const trouble = nodeTrouble();
  if (trouble !== undefined) throw new SetupFailed(trouble);
  const stamps = stampsIn(join(stateFolder, 'setup'));
  const steps = setupSteps({ root, home: stateFolder, python }).filter((step) => step.applies?.() ?? true);
  if (steps.some((step) => !step.keepsOwnStamp && isOpen(step, stamps))) refuseIfMissing({ python });
  const release = await takeSetupLock(stateFolder, log);
  try {
    await runSteps(steps, stamps, log);
  } finally {
    release();
  }
}

/** Whether a step has something to do: its result is gone, or was made from other inputs. */
function isOpen(step, stamps) {
  if (!step.isDone()) return true;
  const hash = step.inputHash();
  return hash !== undefined && !stamps.fits(step.name, hash);
}

function refuseIfMissing({ python }) {
  const missing = missingPrerequisites({ python });
  if (missing.length > 0) throw new SetupFailed(['Before set-up can begin:', ...missing.map((line) => `  - ${line}`)].join('\n'));
}

/**
 * Does what is left to do, in order. A stamp is taken away before its step begins and written after it ended
 * well, so a step that was interrupted, whenever that was, is done again.
 */
export async function runSteps(steps, stamps, log) {
  for (const [index, step] of steps.entries()) {
    const label = `set-up  ${index + 1}/${steps.length}  ${step.what}`;
    if (step.keepsOwnStamp) {
      await attempt(step, () => step.run((line) => log(`${label}: ${line}`)));
      continue;
    }
    if (!isOpen(step, stamps)) continue;
    const startedAt = performance.now();
    log(`${label} …`);
    stamps.clear(step.name);
    const hash = step.inputHash();
    await attempt(step, () => step.run());
    if (!step.isDone()) throw new SetupFailed(`Set-up stopped at "${step.what}": it ended well but left nothing behind`);
    if (hash !== undefined) stamps.write(step.name, hash);
    log(`${label}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}

async function attempt(step, run) {
  try {
    await run();
  } catch (error) {
    throw new SetupFailed(`Set-up stopped at "${step.what}". ${error.message}\nRun the same command again to go on from here.`, { cause: error });
  }
}

/** Runs set-up for a command; a failure is shown without a stack and ends the process. */
export async function setupOrExit(options) {
  try {
    await setup(options);
  } catch (error) {
    if (!(error instanceof SetupFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const startedAt = performance.now();
  await setupOrExit();
  toStderr(`set-up  ready (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}

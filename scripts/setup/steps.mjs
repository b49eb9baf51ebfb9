/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what shown to the person
 * @property {() => boolean} [applies] `false`: nothing to do in this checkout
 * @property {() => string | undefined} inputHash hash of what the result depends on; undefined where `isDone` alone can tell
 * @property {() => boolean} isDone a quick look at whether the result is still there
 * @property {(log: (line: string) => void) => Promise<void>} run
 * @property {boolean} [keepsOwnStamp] `true`: runs every time and decides for itself what is left to do
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { downloadsStep } from './downloads-step.mjs';
import { packagesStep } from './packages-step.mjs';
import { postgresStep } from './postgres-step.mjs';
import { pythonStep } from './python-step.mjs';
import { workflowsStep } from './workflows-step.mjs';
import { webStep } from './web-step.mjs';

/** The steps in the order in which they must run: later ones use what earlier ones put in place. */
export function setupSteps({ root, home, python }) {
  const logFile = (name) => join(home, 'logs', `setup-${name}.log`);
  return [
    packagesStep({ root, logFile: logFile('packages') }),
    postgresStep({ root, logFile: logFile('postgres') }),
    pythonStep({ root, home, python, logFile: logFile('python') }),
    tensorflowStep({ root, home }),
    workflowsStep({ root, home, logFile: logFile('workflows') }),
    webStep({ root, logFile: logFile('web') }),
    downloadsStep({ root, home, logFile: logFile('downloads') }),
  ];
}

/** TensorFlow's step keeps its own stamp (it depends on the machine's graphics cards too), so it is asked every time. */
function tensorflowStep({ root, home }) {
  const script = join(root, 'scripts', 'setup', 'tensorflow.mjs');
  return {
    name: 'tensorflow',
    what: 'Native TensorFlow binding',
    applies: () => existsSync(script),
    inputHash: () => undefined,
    isDone: () => false,
    keepsOwnStamp: true,
    async run(log) {
      const { setupTensorflow } = await import(script);
      await setupTensorflow({ root, python: join(home, 'py', 'bin', 'python'), log });
    },
  };
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { HyperParameters } from '#core/graph/hyper-parameters';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./tf_function.py', import.meta.url));
const CANDIDATES = [fileURLToPath(new URL('../../../.cyxwiz/py/bin/python', import.meta.url)), 'python3'];
const IMPORT_WITHIN_MS = 60_000;
const TRAIN_WITHIN_MS = 10 * 60_000;
const resultSchema = z.object({ imagesPerSecond: z.number().positive() });

/** The first Python that really imports TensorFlow. */
export async function findPython(): Promise<string | undefined> {
  for (const python of CANDIDATES) {
    if (python.includes('/') && !existsSync(python)) continue;
    const works = await run(python, ['-c', 'import tensorflow'], { timeout: IMPORT_WITHIN_MS }).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  return undefined;
}

/** Images a second of the same model and settings, with the whole step as one `tf.function`. */
export async function runTfFunction(python: string, options: { datasetFile: string; hyperParameters: HyperParameters }): Promise<number> {
  const { datasetFile, hyperParameters } = options;
  const { stdout } = await run(python, [SCRIPT, datasetFile, JSON.stringify(hyperParameters)], { timeout: TRAIN_WITHIN_MS });
  return resultSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).imagesPerSecond;
}

import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../python/environment.ts';

export interface EnvironmentOptions {
  /** An interpreter that has TensorFlow already: taken as it is. */
  readonly python?: string | undefined;
  readonly log: (line: string) => void;
}

/** The Python that runs the reference (about 250 MB to fetch). TensorFlow 2.15 has no wheels for newer ones. */
export async function referencePython({ python, log }: EnvironmentOptions): Promise<string> {
  if (python !== undefined) return python;
  return pythonEnvironment({
    purpose: 'The comparison with Keras',
    requirementsFile: fileURLToPath(new URL('./requirements.txt', import.meta.url)),
    folder: fileURLToPath(new URL('../../.cyxwiz/reference', import.meta.url)),
    versions: ['3.10', '3.11'],
    interpreters: ['python3.11', 'python3.10', 'python3', 'python'],
    log,
  });
}

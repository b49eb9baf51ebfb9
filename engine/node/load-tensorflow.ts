import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { CyxError } from '#core/errors/cyx-error';
import type { Tf } from '../backend.ts';

/**
 * What decides the last bits of a result besides the run itself. Two machines agree bit for bit only where all
 * of these agree (and the CPU's instruction set, which is part of the device class).
 */
export interface RuntimeProfile {
  /** Operation by operation gives other last bits than one graph, which TensorFlow optimises as a whole. */
  readonly backend: 'graph';
  readonly device: 'cpu' | 'cuda';
  /** TensorFlow's intra-op threads: sums are split by them. */
  readonly threads: number;
  readonly oneDnn: boolean;
  readonly tensorflow: string;
  readonly tfjs: string;
}

export interface Tensorflow {
  readonly tf: Tf;
  readonly profile: RuntimeProfile;
}

let loaded: Tensorflow | undefined;

/** The GPU binding is tried first: set-up installs it only on a machine that has an NVIDIA GPU. */
const BINDINGS = [
  { name: '@tensorflow/tfjs-node-gpu', device: 'cuda' },
  { name: '@tensorflow/tfjs-node', device: 'cpu' },
] as const;

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads native TensorFlow with everything fixed that could change a result's bits. The native library reads its
 * settings once, so a process has one thread count: asking for another throws.
 */
export function loadTensorflow(options: { readonly threads?: number | undefined } = {}): Tensorflow {
  const threads = options.threads ?? availableParallelism();
  if (loaded !== undefined) {
    if (loaded.profile.threads !== threads) {
      throw new CyxError('STATE_CONFLICT', `TensorFlow already runs here with ${loaded.profile.threads} threads, not ${threads}`);
    }
    return loaded;
  }
  // Written for the native library to read, never read here.
  // eslint-disable-next-line no-restricted-properties
  Object.assign(process.env, {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_DETERMINISTIC_OPS: '1',
    TF_CUDNN_DETERMINISTIC: '1',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    TF_CPP_MIN_LOG_LEVEL: '2',
  });
  const require = createRequire(import.meta.url);
  const binding = BINDINGS.find(({ name }) => isInstalled(require, name));
  if (binding === undefined) throw new CyxError('UNAVAILABLE', 'Native TensorFlow is not installed; run the set-up first');
  const tf = require(binding.name) as Tf;
  const native = tf.backend() as unknown as { readonly binding: { readonly TF_Version: string } };
  const { version_core: tfjs } = tf;
  loaded = { tf, profile: { backend: 'graph', device: binding.device, threads, oneDnn: true, tensorflow: native.binding.TF_Version, tfjs } };
  return loaded;
}

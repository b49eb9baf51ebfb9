import type { Tensor, Tf } from '../backend.ts';

/** What of the native backend is needed here; its own types come with packages that may not be installed. */
interface NativeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly Tensor[]): Tensor;
}

const RELU_GRADIENT = 'CyxwizReluGradient';

/**
 * Lets ReLU's gradient run as TensorFlow's one operation. TensorFlow.js composes it of six (greater, select, fill,
 * is-NaN, cast, multiply), which took a sixth of a small CNN's step.
 */
export function useNativeReluGradient(tf: Tf): void {
  tf.registerKernel({
    kernelName: RELU_GRADIENT,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => {
      const { dy, features } = inputs as unknown as { readonly dy: Tensor; readonly features: Tensor };
      const native = backend as NativeBackend;
      const type = { name: 'T', type: native.binding.TF_ATTR_TYPE, value: native.binding.TF_FLOAT };
      return native.executeSingleOutput('ReluGrad', [type], [dy, features]);
    },
  });
  tf.unregisterGradient('Relu');
  tf.registerGradient({
    kernelName: 'Relu',
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({
      x: () => tf.engine().runKernel<Tensor>(RELU_GRADIENT, { dy: dy as Tensor, features: saved[0] as Tensor }),
    }),
  });
}

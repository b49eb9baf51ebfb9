/**
 * The engine runs on any TensorFlow.js backend and imports none: whoever starts it hands one in. On a node and
 * for verification that is `loadTensorflow` of engine/node; in a browser it is `@tensorflow/tfjs` itself.
 */
import type * as tensorflow from '@tensorflow/tfjs';

export type Tf = typeof tensorflow;
export type Tensor = tensorflow.Tensor;
export type Tensor1D = tensorflow.Tensor1D;
export type Tensor2D = tensorflow.Tensor2D;
export type Tensor4D = tensorflow.Tensor4D;
export type Scalar = tensorflow.Scalar;

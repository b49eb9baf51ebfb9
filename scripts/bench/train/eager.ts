/**
 * The peer: what one writes with TensorFlow.js as its guide shows it, a layers model trained operation by operation.
 * Nothing of the engine is used but the graph that says which layers to stack.
 */
import { createRequire } from 'node:module';
import { parseGraph } from '#core/graph/parse';
import type { GraphNode } from '#core/graph/schema';
import { inferShapes } from '#core/graph/shapes';
import type { Tensor, Tf } from '#engine/backend';
import { fromWire } from '../../reference/wire.ts';
import { benchSettings } from './models.ts';
import type { PreparedTraining, PrepareRequest } from './serve.ts';

type Symbolic = ReturnType<Tf['input']>;

function layerOf(tf: Tf, node: GraphNode) {
  const { layers } = tf;
  switch (node.type) {
    case 'Conv2D': {
      const { filters, kernelSize, strides, padding } = node.params;
      return layers.conv2d({ filters, kernelSize: [...kernelSize], strides: [...strides], padding });
    }
    case 'MaxPool': {
      const { poolSize, strides, padding } = node.params;
      return layers.maxPooling2d({ poolSize: [...poolSize], strides: [...strides], padding });
    }
    case 'BatchNorm':
      return layers.batchNormalization({ momentum: node.params.momentum, epsilon: node.params.epsilon });
    case 'Linear':
      return layers.dense({ units: node.params.units });
    case 'LSTM':
      return layers.lstm({ units: node.params.units, recurrentActivation: 'sigmoid', recurrentInitializer: 'glorotUniform' });
    case 'ReLU':
      return layers.reLU();
    case 'Flatten':
      return layers.flatten();
    case 'Add':
      return layers.add();
    case 'GlobalAvgPool':
      return layers.globalAveragePooling2d({});
    default:
      throw new Error(`the eager peer has no ${node.type}`);
  }
}

function layersModel(tf: Tf, graphJson: string) {
  const outputs = new Map<string, Symbolic>();
  let input: Symbolic | undefined;
  let scores: Symbolic | undefined;
  for (const { node, from, output } of inferShapes(parseGraph(graphJson))) {
    const fed = from.map((id) => outputs.get(id)!);
    if (node.type === 'DataInput') {
      input = tf.input({ shape: [...output] });
      outputs.set(node.id, input);
    } else if (node.type === 'Output') scores = fed[0]!;
    else outputs.set(node.id, layerOf(tf, node).apply(fed.length === 1 ? fed[0]! : fed) as Symbolic);
  }
  return tf.model({ inputs: input!, outputs: scores! });
}

/** Its weights start as TensorFlow.js likes: what is compared is time. */
export function prepareEager({ graphJson, batchSize, x, y }: PrepareRequest): PreparedTraining {
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node') as Tf;
  const model = layersModel(tf, graphJson);
  const optimizer = tf.train.adam(benchSettings(batchSize).learningRate);
  const [samples, labels] = [fromWire(x), fromWire(y)];
  const shape = samples.shape.slice(1);
  const size = shape.reduce((product, side) => product * side, 1);
  const batches = labels.data.length / batchSize;
  return {
    step(index) {
      const at = (index % batches) * batchSize;
      return tf.tidy(() => {
        const batch = tf.tensor(samples.data.subarray(at * size, (at + batchSize) * size), [batchSize, ...shape]);
        const target = tf.oneHot(tf.tensor1d(labels.data.subarray(at, at + batchSize) as Int32Array, 'int32'), 10);
        const lossOf = () => tf.losses.softmaxCrossEntropy(target, model.apply(batch, { training: true }) as Tensor).asScalar();
        return optimizer.minimize(lossOf, true)!.dataSync()[0]!;
      });
    },
    dispose() {
      model.dispose();
      optimizer.dispose();
    },
  };
}

import { describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import { compileModel } from '../../model/model.ts';
import { initialWeights } from '../../model/weights.ts';
import { loadTensorflow } from '../load-tensorflow.ts';
import { graphBackend } from './backend.ts';

const WORDS = 4096;
const NORMALISE = { scale: 1, offset: 0 };

describe('a step that the device has no memory for', () => {
  it('is OUT_OF_MEMORY, and the session goes on', () => {
    const { tf } = loadTensorflow({ threads: 2 });
    const layers = [['DataInput', { shape: [WORDS], dtype: 'int32' }], ['Embedding', { vocabulary: 2, units: 4096 }], ['Flatten'], ['Linear', { units: 1 }], ['Output', { loss: 'meanSquaredError' }]] as const;
    const model = compileModel(parseGraph(chain(...layers)));
    const tensors = initialWeights([...model.trainable, ...model.frozen], 1);
    const hyperParameters = { epochs: 1, batchSize: 1, learningRate: 0.1, optimizer: 'sgd', seed: 1 } as const;
    const stepper = graphBackend(tf).createStepper({ model, input: { shape: [WORDS], dtype: 'int32', normalise: NORMALISE }, hyperParameters, tensors });
    const batchOf = (samples: number): Parameters<typeof stepper.run>[0] => ({ samples, x: new Int32Array(samples * WORDS), y: new Float32Array(samples) });
    // 64 MiB for each sample's words: more in one piece than any machine here can give.
    expect(() => stepper.run(batchOf(4_096), 1)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }) as Error);
    stepper.run(batchOf(1), 1);
    expect(stepper.readMetrics()).toHaveLength(1);
    stepper.dispose();
  });
});

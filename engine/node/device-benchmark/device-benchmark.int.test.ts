import { availableParallelism, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { countFlops } from '#core/graph/shapes';
import { benchmarkDevice, benchmarkTraining } from './benchmark-device.ts';
import { referenceCnn } from './reference.ts';

const QUICK = { effort: { rounds: 5, roundMs: 50 }, threads: 2 } as const;

describe('benchmarkDevice', () => {
  it('measures everything about this machine in numbers that go together', async () => {
    const measured = await benchmarkDevice(QUICK);
    expect(measured).toMatchObject({ deviceClass: 'cpu', profile: { device: 'cpu', threads: 2, oneDnn: true, tensorflow: '2.15.1' } });
    expect(measured.training.map(({ batchSize }) => batchSize)).toEqual([64, 256]);
    for (const { samplesPerSecond, gflopPerSecond } of measured.training) {
      expect(gflopPerSecond).toBeCloseTo((samplesPerSecond * 3 * countFlops(referenceCnn())) / 1e9, 6);
      expect(samplesPerSecond).toBeGreaterThan(100);
    }
    expect(measured.matMul.gflopPerSecond).toBeGreaterThan(1);
    expect(measured.bandwidth.gigabytesPerSecond).toBeGreaterThan(0.5);
    // A process with TensorFlow in it, but not yet with the arrays of the bandwidth measurement.
    expect(measured.memory.peakResidentBytes).toBeGreaterThan(100e6);
    expect(measured.memory.peakResidentBytes).toBeLessThan(totalmem());
  });
});

describe('benchmarkTraining', () => {
  it('takes another model and all CPUs', async () => {
    const nodes = [{ id: 'in', type: 'DataInput', params: { shape: [8] } }, { id: 'scores', type: 'Linear', params: { units: 3 } }, { id: 'out', type: 'Output', params: { classes: 3 } }];
    const edges = [{ from: 'in', to: 'scores' }, { from: 'scores', to: 'out' }];
    const graphJson = JSON.stringify({ version: 1, nodes, edges });
    const measured = await benchmarkTraining({ graphJson, batchSizes: [8], effort: QUICK.effort });
    expect(measured.profile.threads).toBe(availableParallelism());
    expect(measured.training).toHaveLength(1);
    expect(measured).not.toHaveProperty('matMul');
  });

  it('says why it could not', async () => {
    await expect(benchmarkTraining({ ...QUICK, graphJson: '{}' })).rejects.toMatchObject({ code: 'GRAPH_INVALID' });
    await expect(benchmarkTraining({ ...QUICK, batchSizes: [0] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(benchmarkTraining({ ...QUICK, timeoutMs: 50 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(benchmarkTraining({ ...QUICK, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

import { describe, expect, it } from 'vitest';
import { estimatedSpeed, marketRows, nodeShareBase } from './provide.ts';

const node = (deviceClass: string, state: 'ACTIVE' | 'BUSY' | 'OFFLINE', pricePerHourBase: bigint, samplesPerSecond: number) => ({ deviceClass, state, pricePerHourBase, samplesPerSecond });

describe('what there is to earn', () => {
  it('counts nodes that are online, with the price that a quote would take, and what was paid for their work', () => {
    const nodes = [node('cpu', 'ACTIVE', 300n, 9_000), node('cpu', 'BUSY', 100n, 4_000), node('cpu', 'OFFLINE', 1n, 1), node('cuda.24g', 'BUSY', 900n, 0)];
    const lastDay = [{ deviceClass: 'cpu', paidNodes: 1, paidJobs: 3, amountBase: 90_000_600_000n, workMs: 7_200_000 }];
    expect(marketRows(nodes, lastDay)).toEqual([
      { deviceClass: 'cpu', online: 2, free: 1, prices: { lowestBase: 100n, medianBase: 100n, highestBase: 300n }, medianSamplesPerSecond: 4_000, paidJobs: 3, paidBase: 90_000_600_000n, paidPerHourBase: 45_000_000_000n, paidPerNodeBase: 45_000_000_000n },
      { deviceClass: 'cuda.24g', online: 1, free: 0, prices: { lowestBase: 900n, medianBase: 900n, highestBase: 900n }, medianSamplesPerSecond: 0, paidJobs: 0, paidBase: 0n, paidPerHourBase: null, paidPerNodeBase: 0n },
    ]);
  });

  it('shows a class that was paid though none of it is online now', () => {
    const [row] = marketRows([], [{ deviceClass: 'cpu', paidNodes: 1, paidJobs: 1, amountBase: 5n, workMs: 3_599_999 }]);
    expect(row).toMatchObject({ online: 0, prices: null, paidBase: 5n, paidPerHourBase: null, paidPerNodeBase: null });
  });

  it('gives the node its share of an hour', () => {
    expect(nodeShareBase(300_000_000_000n)).toBe(270_000_000_000n);
  });
});

describe('the estimate from a browser', () => {
  it('grows with speed and cores, and says how wide it is', () => {
    const one = estimatedSpeed({ flopsPerSecond: 1e9, cores: 1 });
    const four = estimatedSpeed({ flopsPerSecond: 1e9, cores: 4 });
    expect(four.low).toBeCloseTo(4 * one.low);
    expect(one.high).toBeGreaterThan(3 * one.low);
    // Measured: 1.0 GFLOP/s a core in plain JavaScript, and 11,900 samples/s of native training on two of these cores.
    const measured = estimatedSpeed({ flopsPerSecond: 1e9, cores: 2 });
    expect(measured.low).toBeLessThan(11_900);
    expect(measured.high).toBeGreaterThan(11_900);
  });
});

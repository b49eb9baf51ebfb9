import { describe as suite, expect, it } from 'vitest';
import { describe, measureMachine, row, rounded, type Result } from './report.ts';

const measured: Result = { metric: 'm', unit: 'ms', ours: 12.34567, peer: 10, peerName: 'p', ratio: 1.234567, spread: [1, 1.5], n: 3, goal: 'ratio ≤ 1.3', ok: true };

suite('a row', () => {
  it('has four digits that count', () => {
    expect(row(measured)).toMatchObject({ ours: 12.35, peer: 10, ratio: 1.235 });
    expect(rounded(1_234_567)).toBe(1_235_000);
  });

  it('is refused where a number was not measured', () => {
    for (const hole of [{ ours: Number.NaN }, { peer: Infinity }, { ratio: Number.NaN }, { spread: [Number.NaN, 1] as const }]) {
      expect(() => row({ ...measured, ...hole })).toThrow('"m" could not be measured');
    }
  });
});

it('a report tells a missed goal from a reached one and from a row without a goal', () => {
  const results = [measured, { ...measured, metric: 'missed', ok: false }, { ...measured, metric: 'plain', goal: null, ok: null }];
  const lines = describe({ name: 'job', at: '', machine: { cpu: 'c', cores: 2, load1: 0, fdatasyncMs: 1, memcpyGBs: 1 }, results, notes: ['why'] });
  expect(lines.map((line) => line[0])).toEqual(['b', '✓', '✗', ' ', ' ']);
});

it('measures the machine it runs on', () => {
  const machine = measureMachine();
  expect(machine.cores).toBeGreaterThan(0);
  expect(Math.min(machine.fdatasyncMs, machine.memcpyGBs)).toBeGreaterThan(0);
});

import type { Effort } from './report.ts';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * How often a second `step` can be run: the median of the rounds, after one round that does not count (the first steps
 * choose kernels and fill caches). `step` returns when its work is done.
 */
export function stepsPerSecond(step: () => void, { rounds, roundMs }: Effort, nowMs: () => number = () => performance.now()): number {
  const round = (): number => {
    const startedMs = nowMs();
    for (let steps = 1; ; steps++) {
      step();
      const tookMs = nowMs() - startedMs;
      if (tookMs >= roundMs) return (steps * 1000) / tookMs;
    }
  };
  round();
  return median(Array.from({ length: rounds }, round));
}

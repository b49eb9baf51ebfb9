import type { MeasuredCapability } from '../task.ts';

/** What a node of this class has shown, for nodes that tests put straight into a database. */
export function measuredAs(deviceClass: string): MeasuredCapability {
  return { deviceClass, memoryMib: 256, gflops: 100, bandwidthGBs: 2, at: '2026-01-01T00:00:00.000Z' };
}

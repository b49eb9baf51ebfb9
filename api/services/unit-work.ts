import type { ComputeUnitDocument } from '#db/mongo/documents';
import type { NodeRow } from '#db/postgres/database';
import type { NodeEarnings } from '#db/postgres/earnings';

/** What a unit did, as the ledger has it. */
export interface UnitWork {
  readonly tasksCompleted: number;
  readonly earningsBase: bigint;
}

type Device = Pick<ComputeUnitDocument, 'machineId' | 'deviceType' | 'deviceIndex' | 'deviceName'>;

/** Whether this node trains on this device. A node names its device when it registers: see `deviceForClass`. */
export function runsOn(node: Pick<NodeRow, 'machineId' | 'deviceClass' | 'deviceName'>, unit: Device): boolean {
  if (node.machineId !== unit.machineId) return false;
  if (node.deviceClass === 'cpu') return unit.deviceType === 'cpu' && unit.deviceIndex === 0;
  return unit.deviceType === 'gpu' && node.deviceName === `${unit.deviceName} #${unit.deviceIndex}`;
}

/** By unit id. A device may have served several classes, each as a node of its own. */
export function workOfUnits(units: readonly ComputeUnitDocument[], nodes: readonly NodeRow[], earnings: readonly NodeEarnings[]): Map<string, UnitWork> {
  const work = new Map<string, UnitWork>();
  for (const { nodeId, paidJobs, amountBase } of earnings) {
    const node = nodes.find(({ id }) => id === nodeId);
    const unit = node === undefined ? undefined : units.find((candidate) => runsOn(node, candidate));
    if (unit === undefined) continue;
    const before = work.get(unit._id);
    work.set(unit._id, { tasksCompleted: paidJobs + (before?.tasksCompleted ?? 0), earningsBase: amountBase + (before?.earningsBase ?? 0n) });
  }
  return work;
}

import { describe, expect, it } from 'vitest';
import type { NodeRow } from '#db/postgres/database';
import { unitsOfHardware } from './machine-documents.ts';
import { deviceForClass } from './node-queues.ts';
import { runsOn, workOfUnits } from './unit-work.ts';

const gpu = (deviceId: number) => ({ deviceId, name: 'RTX 4090', vramMb: 24_564, cudaVersion: '12.4' });
const hardware = { cpus: [{ name: 'EPYC', cores: 8, threads: 16 }, { name: 'EPYC', cores: 8, threads: 16 }], gpus: [gpu(0), gpu(1)], ramTotalMb: 64_000 };
const units = unitsOfHardware('machine-a', 'owner', hardware);
const [gpu0, gpu1, cpu0, cpu1] = units;
const node = (id: string, deviceClass: string, deviceName: string, machineId = 'machine-a') => ({ id, deviceClass, deviceName, machineId }) as NodeRow;

describe('runsOn', () => {
  it('finds the device that a node names when it registers, even among equal ones', () => {
    const cpu = node('n1', 'cpu', deviceForClass(hardware, 'cpu') ?? '');
    expect(units.filter((unit) => runsOn(cpu, unit))).toEqual([cpu0]);
    const onGpu = node('n2', 'cuda.24g', deviceForClass(hardware, 'cuda.24g') ?? '');
    expect(units.filter((unit) => runsOn(onGpu, unit))).toEqual([gpu0]);
    expect(runsOn(node('n3', 'cuda.24g', 'RTX 4090 #1'), gpu1!)).toBe(true);
  });

  it('finds nothing on another machine', () => {
    expect(units.some((unit) => runsOn(node('n4', 'cpu', 'EPYC', 'machine-b'), unit))).toBe(false);
  });
});

describe('workOfUnits', () => {
  it('adds up what the nodes of a device were paid, to the base unit', () => {
    const nodes = [node('n1', 'cuda.24g', 'RTX 4090 #1'), node('n2', 'cuda.16g', 'RTX 4090 #1'), node('n3', 'cpu', 'EPYC'), node('n4', 'cpu', 'EPYC', 'machine-b')];
    const work = workOfUnits(units, nodes, [
      { nodeId: 'n1', paidJobs: 2, amountBase: 2n ** 63n },
      { nodeId: 'n2', paidJobs: 1, amountBase: 1n },
      { nodeId: 'n3', paidJobs: 1, amountBase: 45n },
      { nodeId: 'n4', paidJobs: 9, amountBase: 9n },
    ]);
    expect(work.get(gpu1!._id)).toEqual({ tasksCompleted: 3, earningsBase: 2n ** 63n + 1n });
    expect(work.get(cpu0!._id)).toEqual({ tasksCompleted: 1, earningsBase: 45n });
    expect([gpu0, cpu1].map((unit) => work.get(unit!._id))).toEqual([undefined, undefined]);
  });
});

import { z } from 'zod';
import { allocationFields, hardwareFields as part, machineFields, MAX_DEVICES } from '#core/hardware/inventory';
import { amountBase, instant } from './common.ts';

/** SPEC flow 2; the names are part of the interface. */
export const hardwareJson = z.object({
  cpus: z.array(z.object({ name: part.name, cores: part.cores, threads: part.threads })).min(1).max(MAX_DEVICES),
  gpus: z
    .array(z.object({ device_id: part.deviceId, name: part.name, vram_mb: part.vramMb, cuda_version: part.cudaVersion }))
    .max(MAX_DEVICES)
    .default([]),
  ram_total_mb: part.ramTotalMb,
});
export const machineRegisterBody = z.object({ owner_id: machineFields.ownerId, hostname: machineFields.hostname, os: machineFields.os, hardware: hardwareJson });
export const machineRegisteredJson = z.object({ machine_id: z.string(), api_key: z.string() });
const machineStatus = z.enum(['online', 'offline', 'maintenance']);
export const machineHeartbeatJson = z.object({ status: machineStatus, last_seen: instant });

export const computeUnitJson = z.object({
  unit_id: z.string(),
  machine_id: z.string(),
  device_type: z.enum(['gpu', 'cpu']),
  device_name: z.string(),
  vram_total_mb: z.int().nullable(),
  cores_total: z.int().nullable(),
  allocation: z.object({ vram_allocated_mb: z.int(), vram_reserved_mb: z.int(), cores_allocated: z.int() }),
  status: z.enum(['active', 'paused', 'offline']),
  stats: z.object({ tasks_completed: z.int(), earnings_base: amountBase }),
});
export const machineJson = z.object({
  machine_id: z.string(),
  owner_id: z.string(),
  hostname: z.string(),
  os: z.string(),
  hardware: hardwareJson,
  status: machineStatus,
  last_seen: instant.nullable(),
  compute_units: z.array(computeUnitJson),
});
export const machinesJson = z.object({ machines: z.array(machineJson) });

export const allocationBody = z.object({
  allocation: z.object({
    vram_allocated_mb: allocationFields.vramAllocatedMb,
    vram_reserved_mb: allocationFields.vramReservedMb,
    cores_allocated: allocationFields.coresAllocated,
  }),
});
export const unitStatusBody = z.object({ status: z.enum(['active', 'paused']) });
export const maintenanceBody = z.object({ maintenance: z.boolean() });

export const nodeJson = z.object({
  node_id: z.string(),
  account: z.string().nullable(),
  device_class: z.string(),
  device_name: z.string(),
  memory_mb: z.int(),
  state: z.string(),
  price_per_hour_base: amountBase,
  stake_base: amountBase,
  samples_per_second: z.number(),
  total_jobs: z.int(),
  successful: z.int(),
  avg_time_ms: z.number(),
  last_seen: instant.nullable(),
});
export const nodesJson = z.object({ nodes: z.array(nodeJson), next_page_token: z.string() });

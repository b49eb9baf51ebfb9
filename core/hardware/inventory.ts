import { z } from 'zod';
import { nameText, storableText } from '../input/text.ts';

const count = (min: number, max: number) => z.int().min(min).max(max);

/** What a machine says about its parts. Bounds keep nonsense out; they are far above any real machine. */
export const hardwareFields = {
  name: nameText(200),
  cores: count(1, 4096),
  threads: count(1, 8192),
  deviceId: count(0, 1023),
  vramMb: count(1, 4_000_000),
  cudaVersion: storableText(32),
  ramTotalMb: count(1, 1_000_000_000),
};
export const MAX_DEVICES = 64;

const { name, cores, threads, deviceId, vramMb, cudaVersion, ramTotalMb } = hardwareFields;

export const hardwareSchema = z.object({
  cpus: z.array(z.object({ name, cores, threads })).min(1).max(MAX_DEVICES),
  gpus: z
    .array(z.object({ deviceId, name, vramMb, cudaVersion }))
    .max(MAX_DEVICES)
    .refine((gpus) => new Set(gpus.map((gpu) => gpu.deviceId)).size === gpus.length, 'must not name a device id twice'),
  ramTotalMb,
});

/** Whose machine it is, and what it is called. */
export const machineFields = { ownerId: z.string().min(1, 'must not be empty').max(200), hostname: nameText(253), os: nameText(100) };

/** How much of a unit its owner gives: MB and cores. */
export const allocationFields = {
  vramAllocatedMb: count(0, 4_000_000).optional(),
  vramReservedMb: count(0, 4_000_000).optional(),
  coresAllocated: count(0, 8192).optional(),
};

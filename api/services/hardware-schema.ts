import { z } from 'zod';
import { hasNoNul, nameText } from './text.ts';

const count = (max: number) => z.int().min(0).max(max);

/** What a machine says about itself. Bounds keep nonsense out; they are far above any real machine. */
export const hardwareSchema = z.object({
  cpus: z.array(z.object({ name: nameText(200), cores: count(4096).min(1), threads: count(8192).min(1) })).min(1).max(64),
  gpus: z
    .array(
      z.object({
        deviceId: count(1023),
        name: nameText(200),
        vramMb: count(4_000_000).min(1),
        cudaVersion: z.string().max(32).refine(hasNoNul, 'must not contain the character U+0000'),
      }),
    )
    .max(64)
    .refine((gpus) => new Set(gpus.map((gpu) => gpu.deviceId)).size === gpus.length, 'must not name a device id twice'),
  ramTotalMb: count(1_000_000_000).min(1),
});

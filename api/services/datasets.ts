import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';
import type { DatasetRow } from '#db/postgres/database';
import { findDatasetPart, listDatasets, upsertDataset } from '#db/postgres/datasets';
import type { ServiceDeps } from './deps.ts';
import { cidSchema, requireDataset } from './specification.ts';
import type { DatasetView, Services } from './types.ts';

const objectKey = z.instanceof(Uint8Array).refine((key) => key.length === 32, 'must have 32 bytes');
const datasetSchema = z.object({
  cid: cidSchema,
  key: objectKey,
  name: z.string().trim().min(1).max(100),
  samples: z.int().min(1).max(2_000_000_000),
  sizeBytes: z.int().min(1),
  sampleShape: z.array(z.int().min(1)).min(1).max(4),
  classes: z.int().min(2).max(100_000),
  heldOutCid: cidSchema,
  heldOutKey: objectKey,
  heldOutSamples: z.int().min(1).max(2_000_000_000),
});

/** References to datasets that their owner put into CyxCloud. Keys are wrapped before they touch the database. */
export function createDatasets({ postgres, kms }: Pick<ServiceDeps, 'postgres' | 'kms'>): Services['datasets'] {
  return {
    register: async (actor, input) => {
      const { key, heldOutKey, ...facts } = parseInput(datasetSchema, input);
      const [keyWrapped, heldOutKeyWrapped] = await Promise.all([
        kms.wrap(key, 'dataset-key', facts.cid),
        kms.wrap(heldOutKey, 'dataset-key', facts.heldOutCid),
      ]);
      return datasetView(await upsertDataset(postgres.db, { ...facts, ownerId: actor.userId, keyWrapped, heldOutKeyWrapped }));
    },
    list: async (actor) => (await listDatasets(postgres.db, actor.userId)).map(datasetView),
    open: async (actor, cid) => {
      const dataset = requireDataset(await findDatasetPart(postgres.db, { ownerId: actor.userId, cid }), cid);
      const wrapped = cid === dataset.cid ? dataset.keyWrapped : dataset.heldOutKeyWrapped;
      return { cid, key: await kms.unwrap(wrapped, 'dataset-key', cid) };
    },
  };
}

function datasetView(row: DatasetRow): DatasetView {
  const { cid, name, samples, heldOutSamples, sizeBytes, sampleShape, classes, createdAt } = row;
  return { cid, name, samples, heldOutSamples, sizeBytes, sampleShape, classes, createdAt };
}

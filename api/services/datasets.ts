import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { datasetFields, MAX_PART_BYTES } from '#core/dataset/fields';
import { parseInput } from '#core/errors/from-zod';
import { SUBSCRIPTIONS } from '#core/identity/subscriptions';
import { cidText } from '#core/input/ids';
import { encryptedLength, MAX_CHUNK_BYTES } from '#cyxcloud/client/object-header';
import type { DatasetRow } from '#db/postgres/database';
import { subscriptionOf } from '#db/mongo/users';
import { findDataset, findDatasetPart, listDatasets, pageOfDatasets, upsertDataset } from '#db/postgres/datasets';
import type { ServiceDeps } from './deps.ts';
import { createObjectDirectory, type ObjectDirectory } from './objects.ts';
import { pageByTime } from './page-token.ts';
import { requireDataset } from './specification.ts';
import type { DatasetView, Services } from './types.ts';

const objectKey = z.instanceof(Uint8Array).refine((key) => key.length === 32, 'must have 32 bytes');
const datasetSchema = z
  .object({ ...datasetFields, key: objectKey, heldOutKey: objectKey })
  .refine(({ classes }) => classes !== 1, { path: ['classes'], message: 'must be at least 2, or 0 where the targets are numbers' })
  .refine(({ classes, targetWidth }) => classes === 0 || targetWidth === undefined, { path: ['targetWidth'], message: 'goes with numbers to predict, not with classes' });

/** References to datasets that their owner put into CyxCloud. Keys are wrapped before they touch the database. */
export function createDatasets({ postgres, mongo, kms, storageUrl, tokens }: Pick<ServiceDeps, 'postgres' | 'mongo' | 'kms' | 'storageUrl' | 'tokens'>): Services['datasets'] {
  const objects = createObjectDirectory({ storageUrl, tokens });
  return {
    register: async (actor, input) => {
      const { key, heldOutKey, ...facts } = parseInput(datasetSchema, input);
      const storedBytes = await checkStored(objects, facts);
      const limits = SUBSCRIPTIONS[await subscriptionOf(mongo, actor.userId)];
      const [keyWrapped, heldOutKeyWrapped] = await Promise.all([
        kms.wrap(key, 'dataset-key', facts.cid),
        kms.wrap(heldOutKey, 'dataset-key', facts.heldOutCid),
      ]);
      const stored = await upsertDataset(postgres.db, { ...facts, ownerId: actor.userId, keyWrapped, heldOutKeyWrapped, storedBytes }, limits.maxStoredBytes);
      if (stored === null) throw storageFull(limits.maxStoredBytes, storedBytes);
      return datasetView(stored);
    },
    list: async (actor) => (await listDatasets(postgres.db, actor.userId)).map(datasetView),
    page: async ({ userId: ownerId }, page) => {
      const { items, nextPageToken } = await pageByTime(page, {
        scope: `datasets/${ownerId}`,
        idSchema: cidText,
        read: (query) => pageOfDatasets(postgres.db, { ...query, ownerId }),
        positionOf: ({ createdAt, cid }) => ({ at: createdAt, id: cid }),
      });
      return { items: items.map(datasetView), nextPageToken };
    },
    get: async (actor, cid) => {
      parseInput(cidText, cid);
      return datasetView(requireDataset(await findDataset(postgres.db, { ownerId: actor.userId, cid }), cid));
    },
    open: async (actor, cid) => {
      parseInput(cidText, cid);
      const dataset = requireDataset(await findDatasetPart(postgres.db, { ownerId: actor.userId, cid }), cid);
      const wrapped = cid === dataset.cid ? dataset.keyWrapped : dataset.heldOutKeyWrapped;
      return { cid, key: await kms.unwrap(wrapped, 'dataset-key', cid) };
    },
  };
}

type Facts = Pick<z.output<typeof datasetSchema>, 'cid' | 'heldOutCid' | 'sizeBytes'>;

/** Encrypted bytes of both parts. Throws NOT_FOUND where one is not in CyxCloud, DATASET_INVALID where it has not the size that was stated. */
async function checkStored(objects: ObjectDirectory, { cid, heldOutCid, sizeBytes }: Facts): Promise<number> {
  const [trainBytes, heldOutBytes] = await Promise.all([sizeOf(objects, cid), sizeOf(objects, heldOutCid)]);
  // Larger chunks than the usual ones make the object a little smaller.
  if (trainBytes > encryptedLength(sizeBytes) || trainBytes < encryptedLength(sizeBytes, MAX_CHUNK_BYTES)) {
    throw new CyxError(
      'DATASET_INVALID',
      `The object ${cid} has ${trainBytes} encrypted bytes, but a dataset of ${sizeBytes} bytes has ${encryptedLength(sizeBytes)}. State the size that was uploaded.`,
    );
  }
  if (heldOutBytes > encryptedLength(MAX_PART_BYTES)) {
    throw new CyxError('DATASET_INVALID', `The held-out part ${heldOutCid} is larger than ${MAX_PART_BYTES} bytes (2 GiB). Upload a smaller one.`);
  }
  return trainBytes + heldOutBytes;
}

function storageFull(maxStoredBytes: number, storedBytes: number): CyxError {
  const gib = Math.round(maxStoredBytes / 1024 ** 3);
  return new CyxError('LIMIT_REACHED', `This dataset would bring what you store above the ${gib} GiB of your subscription. Register a smaller one, or ask the operators for a larger subscription.`, {
    facts: { maxStoredBytes: String(maxStoredBytes), sizeBytes: String(storedBytes) },
  });
}

async function sizeOf(objects: ObjectDirectory, cid: string): Promise<number> {
  const encryptedBytes = await objects.encryptedBytes(cid);
  if (encryptedBytes === null) throw new CyxError('NOT_FOUND', `There is no object ${cid} in CyxCloud. Upload it first, or check the CID.`);
  return encryptedBytes;
}

function datasetView(row: DatasetRow): DatasetView {
  const { cid, name, samples, heldOutSamples, sizeBytes, sampleShape, classes, targetWidth, createdAt } = row;
  const inputDtype = row.inputDtype as DatasetView['inputDtype'];
  return { cid, name, samples, heldOutSamples, sizeBytes, sampleShape, classes, inputDtype, targetWidth, createdAt };
}

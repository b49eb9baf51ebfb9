import type { Actor, Services } from '#api/services/types';
import type { NamedModel } from '../components/model/model-rows.tsx';
import { toWire } from './wire.ts';

/** One's models, the newest first, each with the name of its data. */
export async function namedModels(services: Services, actor: Actor): Promise<NamedModel[]> {
  const [models, datasets] = await Promise.all([services.models.list(actor), services.datasets.list(actor)]);
  const names = new Map(datasets.map(({ cid, name }) => [cid, name]));
  return models.map((model) => ({ ...toWire(model), datasetName: names.get(model.specification.datasetCid) ?? 'data that is gone' }));
}

import { randomUUID } from 'node:crypto';
import { DEVICE_CLASSES } from '#core/hardware/device-class';
import { splitPayout } from '#core/money/split';
import { QUOTE_LIFETIME_MS } from '#core/pricing/quote';
import { findDataset } from '#db/postgres/datasets';
import { capableNodes } from '#db/postgres/nodes';
import { insertQuote } from '#db/postgres/quotes';
import { classPrices, priceOn } from './class-prices.ts';
import type { ServiceDeps } from './deps.ts';
import { requireCapableNodes } from './market.ts';
import { checkDatasetFits, checkSpecification, requireDataset } from './specification.ts';
import type { Services } from './types.ts';
import type { VerifierDirectory } from './verifiers.ts';

export function createQuotes({ postgres }: Pick<ServiceDeps, 'postgres'>, verifiers: VerifierDirectory): Services['quotes'] {
  return {
    get: async (actor, input) => {
      const specification = checkSpecification(input);
      const { deviceClass } = specification;
      const [found, nodes] = await Promise.all([
        findDataset(postgres.db, { ownerId: actor.userId, cid: specification.datasetCid }),
        // What nobody could verify, nobody could be paid for.
        requireCapableNodes(postgres.db, { userId: actor.userId, deviceClass }).then((capable) => verifiers.requireFor(deviceClass, capable)),
      ]);
      const dataset = requireDataset(found, specification.datasetCid);
      checkDatasetFits(specification.graph, dataset);
      const { price, capableNodes } = priceOn(nodes, specification, dataset);
      const quote = await insertQuote(postgres.db, {
        id: randomUUID(),
        userId: actor.userId,
        specificationHash: specification.hash,
        deviceClass,
        deadlineMs: specification.deadlineMs,
        amountBase: price.amountBase,
        pricePerHourBase: price.pricePerHourBase,
        estimatedDurationMs: price.estimatedDurationMs,
        expiresAt: new Date(Date.now() + QUOTE_LIFETIME_MS),
      });
      return {
        quoteId: quote.id,
        amountBase: quote.amountBase,
        ...splitPayout(quote.amountBase),
        pricePerHourBase: quote.pricePerHourBase,
        estimatedDurationMs: quote.estimatedDurationMs,
        capableNodes,
        expiresAt: quote.expiresAt,
      };
    },

    compare: async (actor, input) => {
      const specification = checkSpecification(input);
      const [found, nodes] = await Promise.all([
        findDataset(postgres.db, { ownerId: actor.userId, cid: specification.datasetCid }),
        capableNodes(postgres.db, DEVICE_CLASSES),
      ]);
      const dataset = requireDataset(found, specification.datasetCid);
      checkDatasetFits(specification.graph, dataset);
      const others = nodes.filter(({ ownerId }) => ownerId !== actor.userId);
      return classPrices(others, specification, dataset, (deviceClass, able) => verifiers.requireFor(deviceClass, able));
    },
  };
}

import { randomUUID } from 'node:crypto';
import { splitPayout } from '#core/money/split';
import { countFlops } from '#core/graph/shapes';
import { priceJob, QUOTE_LIFETIME_MS } from '#core/pricing/quote';
import { findDataset } from '#db/postgres/datasets';
import { insertQuote } from '#db/postgres/quotes';
import type { ServiceDeps } from './deps.ts';
import { nodesThatCanAnswerFor, requireCapableNodes } from './market.ts';
import { checkDatasetFits, checkSpecification, requireDataset } from './specification.ts';
import type { Services } from './types.ts';
import type { VerifierDirectory } from './verifiers.ts';

export function createQuotes({ postgres }: Pick<ServiceDeps, 'postgres'>, verifiers: VerifierDirectory): Services['quotes'] {
  return {
    get: async (actor, input) => {
      const specification = checkSpecification(input);
      const [found, nodes] = await Promise.all([
        findDataset(postgres.db, { ownerId: actor.userId, cid: specification.datasetCid }),
        requireCapableNodes(postgres.db, { userId: actor.userId, deviceClass: specification.deviceClass }),
        verifiers.requireFor(specification.deviceClass),
      ]);
      const dataset = requireDataset(found, specification.datasetCid);
      checkDatasetFits(specification.graph, dataset);
      const price = priceJob({
        offers: nodesThatCanAnswerFor(nodes, specification.deadlineMs),
        deadlineMs: specification.deadlineMs,
        flopsPerSample: countFlops(specification.graph),
        samples: dataset.samples,
        epochs: specification.hyperParameters.epochs,
      });
      const quote = await insertQuote(postgres.db, {
        id: randomUUID(),
        userId: actor.userId,
        specificationHash: specification.hash,
        deviceClass: specification.deviceClass,
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
        capableNodes: nodes.filter((node) => node.pricePerHourBase <= quote.pricePerHourBase && node.stakeBase >= quote.amountBase).length,
        expiresAt: quote.expiresAt,
      };
    },
  };
}

import { CyxError } from '#core/errors/cyx-error';
import { countFlops } from '#core/graph/shapes';
import { classesAbleToServe } from '#core/hardware/device-class';
import { priceJob, type QuotePrice } from '#core/pricing/quote';
import type { DatasetRow, NodeRow } from '#db/postgres/database';
import { nodesThatCanAnswerFor } from './market.ts';
import type { CheckedSpecification } from './specification.ts';

export interface PricedJob {
  readonly price: QuotePrice;
  /** Nodes that may take the job at this price. */
  readonly capableNodes: number;
}

/** Prices a job on the nodes that could take it. Throws NO_CAPABLE_NODE or INVALID_INPUT where it can not run there. */
export function priceOn(nodes: readonly NodeRow[], specification: Pick<CheckedSpecification, 'graph' | 'deadlineMs' | 'hyperParameters'>, dataset: Pick<DatasetRow, 'samples'>): PricedJob {
  const { graph, deadlineMs, hyperParameters } = specification;
  const offers = nodesThatCanAnswerFor(nodes, deadlineMs);
  const price = priceJob({ offers, deadlineMs, flopsPerSample: countFlops(graph), samples: dataset.samples, epochs: hyperParameters.epochs });
  const capableNodes = nodes.filter((node) => node.pricePerHourBase <= price.pricePerHourBase && node.stakeBase >= price.amountBase).length;
  return { price, capableNodes };
}

/** What the same job would cost on another kind of hardware. It binds nobody: a quote is made for the class that is chosen. */
export interface ClassPriceView {
  readonly deviceClass: string;
  /** Of the job as it was asked for. */
  readonly isOwn: boolean;
  readonly offer: { readonly amountBase: bigint; readonly pricePerHourBase: bigint; readonly estimatedDurationMs: number; readonly capableNodes: number } | null;
  /** Why the job can not run there; '' where it can. */
  readonly reason: string;
}

/** Leaves those of the class's nodes whose results somebody would verify. Throws NO_CAPABLE_NODE where that is none. */
type OnlyVerifiable = (deviceClass: string, nodes: readonly NodeRow[]) => Promise<readonly NodeRow[]>;

/** One row for each class that some node is of. `nodes`: all that are online and are not the person's own. */
export function classPrices(nodes: readonly NodeRow[], specification: CheckedSpecification, dataset: Pick<DatasetRow, 'samples'>, onlyVerifiable: OnlyVerifiable): Promise<ClassPriceView[]> {
  const classes = [...new Set(nodes.map(({ deviceClass }) => deviceClass))].sort();
  const rows = classes.map(async (deviceClass): Promise<ClassPriceView> => {
    const able = classesAbleToServe(deviceClass);
    const common = { deviceClass, isOwn: deviceClass === specification.deviceClass };
    try {
      const verifiable = await onlyVerifiable(deviceClass, nodes.filter((node) => able.includes(node.deviceClass)));
      const { price, capableNodes } = priceOn(verifiable, specification, dataset);
      const { amountBase, pricePerHourBase, estimatedDurationMs } = price;
      return { ...common, offer: { amountBase, pricePerHourBase, estimatedDurationMs, capableNodes }, reason: '' };
    } catch (error) {
      if (!(error instanceof CyxError)) throw error;
      return { ...common, offer: null, reason: error.message };
    }
  });
  return Promise.all(rows);
}

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCyxwiz } from '#core/money/amount';
import { priceJob } from '#core/pricing/quote';
import { CyxError } from '#core/errors/cyx-error';
import { countFlops } from '#core/graph/shapes';
import type { NodeRow } from '#db/postgres/database';
import { classPrices, priceOn, type ClassPriceView } from './class-prices.ts';
import { checkSpecification } from './specification.ts';

const graphJson = readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
const specification = checkSpecification({ graphJson, datasetCid: `bafybei${'a'.repeat(52)}`, hyperParameters: { epochs: 10, batchSize: 32, learningRate: 0.001, optimizer: 'adam', seed: 1 }, deviceClass: 'cpu', deadlineMs: 600_000 });
const dataset = { samples: 1_000 };
const node = (deviceClass: string, pricePerHour: string, samplesPerSecond: number, stake = '1000'): NodeRow =>
  ({ deviceClass, pricePerHourBase: parseCyxwiz(pricePerHour), samplesPerSecond, stakeBase: parseCyxwiz(stake) }) as NodeRow;

const NODES = [node('cpu', '300', 1_000), node('cpu', '600', 1_000), node('cuda.8g', '900', 10_000), node('cuda.24g', '1200', 50_000), node('cuda.24g', '1200', 50_000)];

const everybody = (_deviceClass: string, nodes: readonly NodeRow[]): Promise<readonly NodeRow[]> => Promise.resolve(nodes);

describe('classPrices', () => {
  let rows: ClassPriceView[];
  beforeAll(async () => {
    rows = await classPrices(NODES, specification, dataset, everybody);
  });

  it('has one row for each class that is online and marks the own one', () => {
    expect(rows.map(({ deviceClass, isOwn }) => [deviceClass, isOwn])).toEqual([['cpu', true], ['cuda.24g', false], ['cuda.8g', false]]);
  });

  it('prices each as a quote for it would be', () => {
    for (const { deviceClass, offer } of rows) {
      const able = NODES.filter((one) => one.deviceClass === deviceClass || (deviceClass === 'cuda.8g' && one.deviceClass === 'cuda.24g'));
      const price = priceJob({ offers: able, deadlineMs: 600_000, flopsPerSample: countFlops(specification.graph), samples: 1_000, epochs: 10 });
      expect(offer).toMatchObject({ amountBase: price.amountBase, pricePerHourBase: price.pricePerHourBase, estimatedDurationMs: price.estimatedDurationMs });
      expect(offer?.capableNodes).toBe(priceOn(able, specification, dataset).capableNodes);
    }
    expect(rows[0]!.offer).toMatchObject({ amountBase: parseCyxwiz('50'), capableNodes: 1 });
    expect(rows[1]!.offer).toMatchObject({ amountBase: parseCyxwiz('200'), capableNodes: 2 });
    // A job of the small class may run on the large cards too: its price is the middle one of all three.
    expect(rows[2]!.offer).toMatchObject({ pricePerHourBase: parseCyxwiz('1200'), capableNodes: 3 });
  });

  it('says why where a class can not do it', async () => {
    const [poor] = await classPrices([node('cpu', '300', 1_000, '1')], specification, dataset, everybody);
    expect(poor).toMatchObject({ offer: null, reason: expect.stringContaining('stake') as string });
    const [slow] = await classPrices([node('cpu', '300', 0.5)], specification, dataset, everybody);
    expect(slow).toMatchObject({ offer: null, reason: expect.stringContaining('too short') as string });
    expect(await classPrices([], specification, dataset, everybody)).toEqual([]);
  });

  it('leaves nodes out whose results nobody verifies', async () => {
    const onlyCheap = (deviceClass: string, nodes: readonly NodeRow[]): Promise<readonly NodeRow[]> =>
      deviceClass === 'cpu' ? Promise.resolve(nodes.slice(0, 1)) : Promise.reject(new CyxError('NO_CAPABLE_NODE', `nobody verifies ${deviceClass}`));
    const [cpu, large] = await classPrices(NODES, specification, dataset, onlyCheap);
    expect(cpu!.offer).toMatchObject({ capableNodes: 1 });
    expect(large).toMatchObject({ offer: null, reason: 'nobody verifies cuda.24g' });
  });
});

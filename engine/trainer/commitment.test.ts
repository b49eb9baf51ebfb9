import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import { canonicalGraphJson } from '#core/graph/canonical';
import { EVERY_LAYER, SOME_HYPER_PARAMETERS } from '../testing/tiny.ts';
import { extendChain, fromHex, hashTensors, startChain, toHex, type ChainLink, type RunIdentity } from './commitment.ts';

const run: RunIdentity = { graph: EVERY_LAYER, datasetCid: 'bafy', hyperParameters: SOME_HYPER_PARAMETERS, checkpointEverySteps: 10 };
const link: ChainLink = { step: 10, stateHash: new Uint8Array(32).fill(7), epoch: 1, batch: 2, meanLoss: 0.5 };

function sha256(...parts: (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function littleEndian(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, Math.min(bytes, 6));
  return buffer;
}

describe('the commitment chain', () => {
  it('starts as documented', async () => {
    const json = '{"batchSize":16,"epochs":3,"learningRate":0.01,"optimizer":"adam","seed":11}';
    const expected = sha256('cyxwiz/training-commitment/v1', sha256(canonicalGraphJson(EVERY_LAYER)), sha256('bafy'), sha256(json), littleEndian(8, 10));
    expect(toHex(await startChain(run))).toBe(expected.toString('hex'));
  });

  it('goes on as documented', async () => {
    const before = await startChain(run);
    const loss = Buffer.alloc(8);
    loss.writeDoubleLE(0.5);
    const expected = sha256(before, littleEndian(8, 10), link.stateHash, littleEndian(4, 1), littleEndian(4, 2), loss);
    expect(toHex(await extendChain(before, link))).toBe(expected.toString('hex'));
  });

  it('depends on every part of the run', async () => {
    const other = parseGraph(chain(['DataInput', { shape: [2] }], ['Linear', { units: 2 }], ['Output']));
    const runs: RunIdentity[] = [
      run,
      { ...run, graph: other },
      { ...run, datasetCid: 'bafz' },
      { ...run, hyperParameters: { ...run.hyperParameters, seed: 12 } },
      { ...run, checkpointEverySteps: 11 },
    ];
    const hashes = await Promise.all(runs.map(async (each) => toHex(await startChain(each))));
    expect(new Set(hashes).size).toBe(runs.length);
  });

  it('depends on every part of a link', async () => {
    const start = await startChain(run);
    const links: ChainLink[] = [link, { ...link, step: 11 }, { ...link, stateHash: new Uint8Array(32) }, { ...link, epoch: 2 }, { ...link, batch: 3 }, { ...link, meanLoss: 0.25 }];
    const hashes = await Promise.all(links.map(async (each) => toHex(await extendChain(start, each))));
    expect(new Set(hashes).size).toBe(links.length);
  });
});

describe('hashTensors', () => {
  const a = { shape: [2], data: new Float32Array([1, 2]) };
  const b = { shape: [1], data: new Float32Array([3]) };

  it('does not depend on the order of the tensors', async () => {
    const one = await hashTensors(new Map([['a', a], ['b', b]]));
    const two = await hashTensors(new Map([['b', b], ['a', a]]));
    expect(toHex(one)).toBe(toHex(two));
  });

  it('depends on names, shapes and every bit of the values', async () => {
    const variants = [
      new Map([['a', a]]),
      new Map([['b', a]]),
      new Map([['a', { ...a, shape: [1, 2] }]]),
      new Map([['a', { ...a, data: new Float32Array([1, 2 + 2 ** -22]) }]]),
      new Map([['a', { ...a, data: new Float32Array([1, -2]) }]]),
    ];
    const hashes = await Promise.all(variants.map(async (each) => toHex(await hashTensors(each))));
    expect(new Set(hashes).size).toBe(variants.length);
  });
});

it('writes and reads hexadecimal digits', () => {
  expect(toHex(fromHex('00ff10'))).toBe('00ff10');
});

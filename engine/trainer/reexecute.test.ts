import { beforeAll, describe, expect, it } from 'vitest';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { checkpointFacts } from '../formats/checkpoint-facts.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../formats/checkpoint-file.ts';
import { tfjsBackend } from '../ops/tfjs/backend.ts';
import { plainTensorflow, SOME_HYPER_PARAMETERS, tinyPictures, tinyRun } from '../testing/tiny.ts';
import { linkChain, runIdentityHex } from './commitment.ts';
import { reexecute } from './reexecute.ts';
import type { Backend } from './stepper.ts';
import { train, type CheckpointEvent, type TrainingHooks, type TrainingRun } from './train.ts';

interface Kept {
  readonly bytes: Uint8Array;
  readonly event: CheckpointEvent;
}

let backend: Backend;
/** Links at 4, 8, 12 and 15; epochs of 5 steps, the last of 6 samples; dropout, BatchNorm, Adam. */
const run = tinyRun();
let links: Kept[];
let rootHex: string;

async function keptOf(of: TrainingRun, hooks: TrainingHooks = {}): Promise<{ readonly kept: Kept[]; readonly rootHex: string }> {
  const kept: Kept[] = [];
  const outcome = await train(backend, of, { ...hooks, onCheckpoint: (bytes, event) => void kept.push({ bytes, event }) });
  if (outcome.kind !== 'finished') throw new Error('it stopped');
  return { kept, rootHex: outcome.model.commitmentHex };
}

const at = (index: number): Kept => links[index] as Kept;

beforeAll(async () => {
  backend = tfjsBackend(await plainTensorflow());
  ({ kept: links, rootHex } = await keptOf(run));
});

describe('the checkpoints of a run', () => {
  it('are its links, and the chain follows from what is told of them', async () => {
    expect(links.map(({ event }) => [event.reason, event.step, event.epoch, event.batch])).toEqual([['link', 4, 0, 4], ['link', 8, 1, 3], ['link', 12, 2, 2], ['link', 15, 3, 0]]);
    let chain = await runIdentityHex(run);
    for (const { bytes, event } of links) {
      chain = await linkChain(chain, event);
      expect(event.chain).toBe(chain);
      const facts = await checkpointFacts(bytes);
      expect(facts).toMatchObject({ step: event.step, chain, stateHash: event.stateHash, runHex: await runIdentityHex(run), device: undefined });
      expect([...facts.weights().keys()].some((name) => name.includes(':'))).toBe(false);
    }
    expect(rootHex).toBe(chain);
  });

  it('may come between links too, which changes no link', async () => {
    const often = await keptOf(run, { checkpointEveryMs: 0 });
    expect(often.kept.map(({ event }) => event.reason === 'link')).toEqual(Array.from({ length: 15 }, (_, index) => [4, 8, 12, 15].includes(index + 1)));
    expect(often.kept.filter(({ event }) => event.reason === 'link').map(({ event }) => event)).toEqual(links.map(({ event }) => event));
    expect(often.rootHex).toBe(rootHex);
    const between = often.kept[5] as Kept;
    expect(between.event).toMatchObject({ reason: 'time', step: 6, chain: at(0).event.chain });
    const resumed: CheckpointEvent[] = [];
    await train(backend, run, { onCheckpoint: (_, event) => void resumed.push(event) }, between.bytes);
    expect(resumed).toEqual(links.slice(1).map(({ event }) => event));
  });
});

describe('reexecute', () => {
  it('gives each link of a run, from the one before it or the initial state', async () => {
    for (const [index, { bytes, event }] of links.entries()) {
      const from = links[index - 1];
      const found = await reexecute(backend, run, { from: from?.bytes, toStep: event.step, compareWith: bytes });
      const { reason: _, step, ...link } = event;
      const fromStep = from?.event.step ?? 0;
      expect(found).toMatchObject({ ...link, fromStep, steps: step - fromStep, maxDifference: 0 });
      if (from !== undefined) expect(found.startStateHash).toBe(from.event.stateHash);
    }
  });

  it.each<[string, Partial<HyperParameters>]>([
    ['sgd with clipping', { optimizer: 'sgd', clipNorm: 0.5 }],
    ['one batch an epoch', { batchSize: 70 }],
  ])('gives each link with %s', async (_what, changes) => {
    const other = tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, ...changes }, checkpointEverySteps: 2 });
    const { kept } = await keptOf(other);
    for (const [index, { event }] of kept.entries()) {
      expect(await reexecute(backend, other, { from: kept[index - 1]?.bytes, toStep: event.step })).toMatchObject({ stateHash: event.stateHash, chain: event.chain });
    }
  });

  it('goes over links whose checkpoints are lost', async () => {
    expect(await reexecute(backend, run, { from: at(0).bytes, toStep: 15 })).toMatchObject({ chain: rootHex, fromStep: 4, steps: 11 });
    expect(await reexecute(backend, run, { toStep: 15 })).toMatchObject({ chain: rootHex, steps: 15 });
  });

  it('begins with any checkpoint of the run', async () => {
    const { kept } = await keptOf(run, { checkpointEveryMs: 0 });
    const [sixth] = kept.slice(5);
    expect(await reexecute(backend, run, { from: sixth?.bytes, toStep: 8 })).toMatchObject({ chain: at(1).event.chain, steps: 2 });
  });

  const spoil = async (bytes: Uint8Array, change: (checkpoint: Checkpoint) => Partial<Checkpoint>): Promise<Uint8Array> => {
    const checkpoint = decodeCheckpoint(bytes, await runIdentityHex(run));
    return encodeCheckpoint({ ...checkpoint, ...change(checkpoint) });
  };
  const withValue = (value: (before: number) => number) => (checkpoint: Checkpoint): Partial<Checkpoint> => {
    const tensors = new Map(checkpoint.tensors);
    const [name, { shape, data }] = [...tensors][0] as [string, { shape: number[]; data: Float32Array }];
    const changed = data.slice();
    changed[0] = value(changed[0] as number);
    return { tensors: tensors.set(name, { shape, data: changed }) };
  };

  it('does not come to a link that was made otherwise', async () => {
    const truth = at(1).event.stateHash;
    const other: [string, TrainingRun][] = [
      ['data order', tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, seed: 12 } })],
      ['learning rate', tinyRun({ hyperParameters: { ...SOME_HYPER_PARAMETERS, learningRate: 0.011 } })],
      ['samples', tinyRun({ dataset: { ...tinyPictures(70), x: tinyPictures(70, 6, 6).x } })],
    ];
    for (const [what, lie] of other) {
      // What a liar shows as the state of step 4 is the true one; what it did after that is not.
      const runHex = await runIdentityHex(lie);
      const from = encodeCheckpoint({ ...decodeCheckpoint(at(0).bytes, await runIdentityHex(run)), runHex });
      expect((await reexecute(backend, lie, { from, toStep: 8 })).stateHash, what).not.toBe(truth);
    }
    const nudged = await spoil(at(0).bytes, withValue((value) => value + 2 ** -20));
    const found = await reexecute(backend, run, { from: nudged, toStep: 8, compareWith: at(1).bytes });
    expect(found.stateHash).not.toBe(truth);
    expect(found.startStateHash).not.toBe(at(0).event.stateHash);
    expect(found.maxDifference).toBeGreaterThan(0);
    // Skipped steps: the state of step 4 shown as that of step 6.
    const skipped = await spoil(at(0).bytes, ({ state }) => ({ state: { ...state, step: 6, sinceLink: { ...state.sinceLink, steps: 2 } } }));
    expect((await reexecute(backend, run, { from: skipped, toStep: 8 })).stateHash).not.toBe(truth);
  });

  it('refuses what no honest run can have left', async () => {
    const foreign = (await keptOf(tinyRun({ datasetCid: 'bafy-other' }))).kept[0] as Kept;
    const cases: [Uint8Array, RegExp][] = [
      [foreign.bytes, /another run/],
      [at(0).bytes.subarray(0, 900), /safetensors/],
      [await spoil(at(0).bytes, withValue(() => NaN)), /not finite/],
      [await spoil(at(0).bytes, ({ tensors }) => ({ tensors: new Map([...tensors].slice(1)) })), /has no weight/],
      [await spoil(at(0).bytes, ({ state }) => ({ state: { ...state, sinceLink: { ...state.sinceLink, steps: 1 } } })), /since the last link/],
      [at(1).bytes, /is of step 8/],
    ];
    for (const [from, message] of cases) {
      await expect(reexecute(backend, run, { from, toStep: 8 })).rejects.toMatchObject({ code: 'RESULT_INVALID', message: expect.stringMatching(message) });
    }
    await expect(reexecute(backend, run, { from: at(0).bytes, toStep: 8, compareWith: at(2).bytes })).rejects.toMatchObject({ code: 'RESULT_INVALID' });
    await expect(reexecute(backend, run, { from: at(0).bytes, toStep: 9 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(reexecute(backend, run, { toStep: 16 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('calls a diverging segment a lie: an honest run would have ended there', async () => {
    const huge = await spoil(at(0).bytes, ({ tensors }) => ({ tensors: new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.map((value) => value * 1e30) }])) }));
    await expect(reexecute(backend, run, { from: huge, toStep: 8 })).rejects.toMatchObject({ code: 'RESULT_INVALID' });
  });
});

import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { canonicalGraphJson } from '#core/graph/canonical';
import { chain } from '#core/graph/testing/graphs';
import { checkpointFacts } from '../formats/checkpoint-facts.ts';
import { decodeModel } from '../formats/model-file.ts';
import { tinyPictures } from '../testing/tiny.ts';
import { hashTensors, linkChain, runIdentityHex, toHex } from '../trainer/commitment.ts';
import { CHILD_FILES, checkpointFile, readCheckpointLines, readProgress, readTrainingResult, type CheckpointLine, type TrainingSpecInput } from './child-contract.ts';
import { threadsOf } from './device-class.ts';
import { reexecuteInChild, type ReexecuteInChildOptions, type Reexecution } from './reexecute-in-child.ts';
import { ended, TrainingDirs, until } from './testing/training-dir.ts';

/** Everything that keeps a state of its own or draws random numbers; wide enough that threads share its sums. */
const GRAPH = parseGraph(
  chain(
    ['DataInput', { shape: [12, 12, 1] }],
    ['Conv2D', { filters: 32, padding: 'same' }],
    ['BatchNorm'],
    ['ReLU'],
    ['MaxPool'],
    ['Flatten'],
    ['Dropout', { rate: 0.25 }],
    ['Linear', { units: 128 }],
    ['ReLU'],
    ['Linear', { units: 3 }],
    ['Softmax'],
    ['Output', { classes: 3 }],
  ),
);

const dirs = new TrainingDirs();
let spec: Omit<TrainingSpecInput, 'jobId' | 'attempt' | 'datasetCid'>;
let workDir: string;
let lines: CheckpointLine[];
let root: string;

beforeAll(async () => {
  spec = {
    graphJson: canonicalGraphJson(GRAPH),
    // 16 steps an epoch, the last of them with 40 samples; 640 in all, links at 75, 150, … 600 and 640.
    hyperParameters: { epochs: 40, batchSize: 64, learningRate: 0.003, optimizer: 'adam', seed: 3 },
    datasetFile: dirs.dataset('pictures', tinyPictures(1_000, 12)),
    checkpointEverySteps: 75,
    threads: 2,
  };
  workDir = dirs.make(spec);
  expect(await ended(dirs.start(workDir))).toBe(0);
  lines = readCheckpointLines(workDir);
  const result = readTrainingResult(workDir);
  root = result?.ok === true ? result.commitmentHex : '';
});
afterAll(() => dirs.remove());

const fileOf = (line: CheckpointLine | undefined): string | undefined => (line === undefined ? undefined : checkpointFile(workDir, line.step));

type Part = ReexecuteInChildOptions['parts'][number];

function part(index: number, changes: Partial<Part> = {}): Part {
  const line = lines[index] as CheckpointLine;
  const from = fileOf(lines[index - 1]);
  return { toStep: line.step, compareWithFile: fileOf(line), ...(from === undefined ? {} : { fromCheckpointFile: from }), ...changes };
}

function again(parts: Part[], changes: Partial<ReexecuteInChildOptions> = {}): Promise<Reexecution> {
  const { checkpointEverySteps, datasetFile, graphJson, hyperParameters, threads } = spec;
  return reexecuteInChild({ checkpointEverySteps, datasetFile, graphJson, hyperParameters, threads, datasetCid: 'bafy-test', parts, ...changes });
}

const claimed = () => lines.map(({ step, stateHash, chain: head }) => ({ step, stateHash, chain: head }));
const lied = () => claimed().map((link) => (link.step === 225 ? { ...link, stateHash: 'ab'.repeat(32) } : link));

describe('what a training child leaves', () => {
  it('is a chain of links that leads from the run to its root, the last one with the weights of the model', async () => {
    expect(lines.map(({ step, isLink }) => [step, isLink])).toEqual([75, 150, 225, 300, 375, 450, 525, 600, 640].map((step) => [step, true]));
    let head = await runIdentityHex({ graph: GRAPH, datasetCid: 'bafy-test', hyperParameters: spec.hyperParameters as never, checkpointEverySteps: 75 });
    for (const line of lines) {
      head = await linkChain(head, line);
      const bytes = readFileSync(checkpointFile(workDir, line.step));
      const facts = await checkpointFacts(bytes);
      expect(line).toMatchObject({ chain: head, stateHash: facts.stateHash, sizeBytes: bytes.length });
      expect(threadsOf(facts.device ?? '')).toBe(2);
    }
    expect(root).toBe(head);
    const { weights } = decodeModel(readFileSync(join(workDir, CHILD_FILES.model)));
    const last = await checkpointFacts(readFileSync(checkpointFile(workDir, 640)));
    expect(toHex(await hashTensors(last.weights()))).toBe(toHex(await hashTensors(weights)));
  });

  it('is the same after three kills at random moments, but for lines that came twice', async () => {
    const other = dirs.make({ ...spec, checkpointEveryMs: 1_000 });
    for (let kill = 0; kill < 3; kill++) {
      const before = readProgress(other).length;
      const child = dirs.start(other);
      await until(() => readProgress(other).length > before);
      await sleep(Math.random() * 200);
      child.kill('SIGKILL');
      await ended(child);
    }
    expect(readTrainingResult(other)).toBeUndefined();
    expect(await ended(dirs.start(other))).toBe(0);
    const { trainingMs: _, modelFile: __, ...result } = readTrainingResult(workDir) as never as Record<string, unknown>;
    expect(readTrainingResult(other)).toMatchObject(result);
    expect(readFileSync(join(other, CHILD_FILES.model))).toEqual(readFileSync(join(workDir, CHILD_FILES.model)));
    const again = readCheckpointLines(other).filter(({ isLink }) => isLink);
    expect(new Map(again.map((line) => [line.step, { ...line, sizeBytes: 0 }]))).toEqual(new Map(lines.map((line) => [line.step, { ...line, sizeBytes: 0 }])));
  });

  it('survives a disk without room for one of them, and says where there was none for the model', async () => {
    const full = dirs.make(spec);
    symlinkSync('/dev/full', join(full, `${CHILD_FILES.model}.part`));
    expect(await ended(dirs.start(full))).toBe(0);
    expect(readTrainingResult(full)).toMatchObject({ ok: false, code: 'TRAINING_FAILED', message: expect.stringMatching(/ENOSPC/) });
    expect(readCheckpointLines(full)).toEqual(lines.map((line) => ({ ...line, sizeBytes: expect.any(Number) as number })));
  });
});

describe('reexecuteInChild', () => {
  it('goes over several links, and ends with the first that is not what was claimed', async () => {
    const whole = part(0, { toStep: 640, compareWithFile: fileOf(lines.at(-1)) });
    const { parts } = await again([{ ...whole, expected: claimed() }]);
    expect(parts).toMatchObject([{ toStep: 640, steps: 640, chain: root, maxDifference: 0, asExpected: true }]);
    const [found] = (await again([{ ...whole, expected: lied() }])).parts;
    expect(found).toMatchObject({ toStep: 225, steps: 225, stateHash: claimed()[2]!.stateHash, asExpected: false });
    expect(found?.maxDifference).toBeUndefined();
  });

  it('does parts that do not follow each other, up to the first that is not what was claimed', async () => {
    const parts = [part(1), part(4, { toStep: 450, compareWithFile: undefined }), part(8)];
    const found = await again(parts.map((one) => ({ ...one, expected: claimed() })));
    expect(found.parts.map(({ fromStep, toStep, chain: head }) => [fromStep, toStep, head])).toEqual([[75, 150], [300, 450], [600, 640]].map(([from, to]) => [from, to, lines.find(({ step }) => step === to)?.chain]));
    const wrong = await again([part(1), part(2), part(8)].map((one) => ({ ...one, expected: lied() })));
    expect(wrong.parts.map(({ toStep, asExpected }) => [toStep, asExpected])).toEqual([[150, true], [225, false]]);
  });

  it('gives every link of a run, bit for bit', async () => {
    for (const [index, { step, stateHash, chain: head, meanLoss, epoch, batch }] of lines.entries()) {
      const [found] = (await again([part(index)])).parts;
      const fromStep = lines[index - 1]?.step ?? 0;
      expect(found).toMatchObject({ stateHash, chain: head, meanLoss, epoch, batch, fromStep, steps: step - fromStep, maxDifference: 0 });
    }
  });

  it('gives other bits with another thread count, which are close', async () => {
    const { device, parts } = await again([part(1)], { threads: 1 });
    const found = parts[0]!;
    expect(threadsOf(device)).toBe(1);
    expect(found.stateHash).not.toBe(lines[1]?.stateHash);
    expect(found.maxDifference).toBeGreaterThan(0);
    expect(found.maxDifference).toBeLessThan(0.01);
  });

  it('tells the node\'s faults from the machine\'s', async () => {
    const broken = join(dirs.root, 'broken');
    writeFileSync(broken, readFileSync(checkpointFile(workDir, 75)).subarray(0, 2_000));
    const model = join(dirs.root, 'model');
    copyFileSync(join(workDir, CHILD_FILES.model), model);
    const cases: [Partial<Part>, Partial<ReexecuteInChildOptions>, string][] = [
      [{ fromCheckpointFile: broken }, {}, 'RESULT_INVALID'],
      [{ compareWithFile: broken }, {}, 'RESULT_INVALID'],
      [{ fromCheckpointFile: model }, {}, 'RESULT_INVALID'],
      [{}, { datasetCid: 'bafy-other' }, 'RESULT_INVALID'],
      [{ toStep: 151 }, {}, 'INVALID_INPUT'],
      [{ fromCheckpointFile: join(dirs.root, 'nowhere') }, {}, 'TRAINING_FAILED'],
      [{}, { memoryMb: 64 }, 'OUT_OF_MEMORY'],
      [{}, { timeoutMs: 50 }, 'DEADLINE_EXCEEDED'],
      [{}, { signal: AbortSignal.timeout(50) }, 'CANCELLED'],
    ];
    for (const [changes, options, code] of cases) await expect(again([part(1, changes)], options), code).rejects.toMatchObject({ code });
  });
});

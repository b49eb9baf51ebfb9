import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canonicalGraphJson } from '#core/graph/canonical';
import { encodeDataset } from '#engine/data/dataset';
import { CHILD_FILES, readChildInfo } from '#engine/node/child-contract';
import { decodeModel } from '#engine/formats/model-file';
import { EVERY_LAYER, tinyPictures } from '#engine/testing/tiny';

const BIN = fileURLToPath(new URL('./bin.mjs', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../examples/graphs/digits-cnn.json', import.meta.url));
/** Long enough to be interrupted more than once on a fast machine: 56 samples are 4 steps an epoch. */
const EPOCHS = 1000;

interface Printed {
  readonly kind: 'progress' | 'stopped' | 'result';
  readonly step: number;
  readonly steps: number;
  readonly etaMs?: number;
  readonly weightsHex: string;
  readonly commitmentHex: string;
  readonly modelFile: string;
  readonly resume: string;
  readonly evaluation: { readonly samples: number; readonly accuracy: number };
}

let root: string;
const files = { graph: '', data: '', wild: '' };
const commands = new Set<ChildProcess>();

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cyxwiz-train-'));
  for (const name of ['graph', 'data', 'wild'] as const) files[name] = join(root, `${name}.json`);
  writeFileSync(files.graph, canonicalGraphJson(EVERY_LAYER));
  writeFileSync(files.data, encodeDataset(tinyPictures(70)));
  writeFileSync(files.wild, encodeDataset({ ...tinyPictures(70), normalise: { scale: 1e30, offset: 0 } }));
});
afterEach(() => {
  for (const command of commands) command.kill('SIGKILL');
  commands.clear();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Running {
  readonly command: ChildProcess;
  readonly ended: Promise<{ readonly code: number | NodeJS.Signals; readonly out: string; readonly err: string }>;
}

/** Runs the command as a shell would, in the test's folder, with no platform to be found. */
function start(args: readonly string[], onOut: (text: string) => void = () => undefined): Running {
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' as const, HOME: root, NO_COLOR: '1', CYXWIZ_HOME: join(root, 'home'), CYXWIZ_PUBLIC_URL: 'http://127.0.0.1:9' };
  const command = spawn(process.execPath, [BIN, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  commands.add(command);
  let [out, err] = ['', ''];
  command.stdout.on('data', (chunk: Buffer) => onOut((out += chunk.toString())));
  command.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Awaited<Running['ended']>>((resolve, reject) => {
    command.once('error', reject);
    command.once('close', (code, signal) => resolve({ code: code ?? signal ?? -1, out, err }));
  });
  return { command, ended };
}

const train = (...more: string[]): string[] => ['train', files.graph, '--data', files.data, '--epochs', String(EPOCHS), '--batch-size', '16', '--threads', '2', '--json', ...more];
const linesOf = (out: string): Printed[] => out.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Printed);

async function resultOf(...args: string[]): Promise<Printed> {
  const { code, out, err } = await start(args).ended;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const result = linesOf(out).at(-1);
  if (result?.kind !== 'result') throw new Error(`no result: ${out.slice(-300)}`);
  return result;
}

/** Sends the signal once the training has told `lines` times how it is going. */
async function interrupted(signal: NodeJS.Signals, lines: number, ...args: string[]): Promise<Awaited<Running['ended']>> {
  let isSent = false;
  const running = start(args, (out) => {
    if (isSent || out.split('"kind":"progress"').length <= lines) return;
    isSent = true; // a second one would end it at once
    running.command.kill(signal);
  });
  return running.ended;
}

/** A process that has ended but that nobody waited for has no command line any more. */
function runs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

describe('cyxwiz train', () => {
  let whole: Printed;

  it('trains without account and network, judges the model on data set aside, and writes it', async () => {
    const { code, out } = await start(train('--out', 'whole')).ended;
    expect(code).toBe(0);
    const lines = linesOf(out);
    whole = lines.at(-1) as Printed;
    expect(whole).toMatchObject({ kind: 'result', modelFile: 'whole/model.safetensors', steps: EPOCHS * 4, samples: 56, evaluation: { samples: 14 } });
    expect(whole.evaluation.accuracy).toBeGreaterThan(0.8);
    expect(decodeModel(readFileSync(join(root, whole.modelFile))).hyperParameters).toEqual({ epochs: EPOCHS, batchSize: 16, learningRate: 0.001, optimizer: 'adam', seed: 1 });
    const progress = lines.slice(0, -1);
    expect(progress.every(({ kind }) => kind === 'progress')).toBe(true);
    expect(progress.at(-1)).toMatchObject({ step: EPOCHS * 4, etaMs: 0 });
    expect(readdirSync(join(root, 'whole')).sort()).toEqual(['child.json', 'model.safetensors', 'progress.jsonl', 'result.json', 'spec.json']);
  });

  it('interrupted with Ctrl-C and SIGTERM, and resumed, ends with the same bits', async () => {
    const first = await interrupted('SIGINT', 2, ...train('--out', 'again'));
    expect(first).toMatchObject({ code: 130, err: '' });
    const stopped = linesOf(first.out).at(-1);
    expect(stopped).toMatchObject({ kind: 'stopped', isTrained: false, folder: 'again', resume: expect.stringMatching(/^cyxwiz train .* --out again --resume$/) });
    const second = await interrupted('SIGTERM', 2, ...train('--out', 'again', '--resume'));
    expect(second.code).toBe(143);
    const [resumed, ...others] = linesOf(second.out);
    expect(resumed?.step).toBe((stopped?.step ?? 0) + 1);
    expect(others.at(-1)?.step).toBeGreaterThan(stopped?.step ?? 0);
    const result = await resultOf(...train('--out', 'again', '--resume'));
    const same = ({ weightsHex, commitmentHex, evaluation }: Printed): unknown => ({ weightsHex, commitmentHex, evaluation });
    expect(same(result)).toEqual(same(whole));
    expect(readFileSync(join(root, result.modelFile))).toEqual(readFileSync(join(root, whole.modelFile)));
    // Finished is finished: the same answer again, at once.
    expect(same(await resultOf(...train('--out', 'again', '--resume')))).toEqual(same(whole));
  });

  it('finds a training that outlived a kill -9 of the command, and lets nobody train beside it', async () => {
    // Half a minute of work, so that it still goes on when the next command looks.
    const long = ['train', EXAMPLE, '--data', 'digits', '--epochs', '50', '--out', 'orphan', '--json'];
    expect((await interrupted('SIGKILL', 1, ...long)).code).toBe('SIGKILL');
    const pid = readChildInfo(join(root, 'orphan'))?.pid as number;
    const refused = await start([...long, '--resume']).ended;
    expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'STATE_CONFLICT', message: expect.stringContaining(`kill ${pid}`) } });
    process.kill(pid, 'SIGTERM');
    while (runs(pid)) await sleep(20);
    const [first] = linesOf((await interrupted('SIGINT', 1, ...long, '--resume')).out);
    expect(first).toMatchObject({ kind: 'progress', steps: 50 * 125 });
    expect(first?.step).toBeGreaterThan(1);
  });

  it('says so where its process is killed, and goes on from the last checkpoint to the same bits', async () => {
    const checkpoint = join(root, 'killed', CHILD_FILES.checkpoint);
    let isKilled = false;
    const { ended } = start(train('--out', 'killed'), () => {
      if (isKilled || !existsSync(checkpoint)) return;
      isKilled = true;
      process.kill(readChildInfo(join(root, 'killed'))?.pid as number, 'SIGKILL');
    });
    const { code, out } = await ended;
    expect(code).toBe(1);
    expect(JSON.parse(out.slice(out.indexOf('{\n')))).toMatchObject({ error: { code: 'TRAINING_FAILED', message: expect.stringMatching(/killed.*--batch-size.*--resume/) } });
    expect((await resultOf(...train('--out', 'killed', '--resume'))).weightsHex).toBe(whole.weightsHex);
  });

  it('tells people about it on stderr, and what there is on stdout', async () => {
    writeFileSync(join(root, 'params.json'), JSON.stringify({ epochs: 3, optimizer: 'nesterov', momentum: 0.8, schedule: { kind: 'cosine' } }));
    const { code, out, err } = await start(['train', files.graph, '--data', files.data, '--params', 'params.json', '--epochs', '2', '--held-out', 'none']).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ 4 steps on 70 samples in \d+ s: loss \d\.\d{4}, accuracy \d+\.\d\d %\n {2}graph\.run\/model\.safetensors {2}[\d,]+ bytes\n {2}weights [0-9a-f]{64}\n$/);
    expect(err).toMatch(/^epoch 1\/2 {2}step 1\/4 {2}loss \d\.\d{4} .* samples\/s {2}\d+ s left\n/);
    const { hyperParameters } = decodeModel(readFileSync(join(root, 'graph.run/model.safetensors')));
    expect(hyperParameters).toMatchObject({ epochs: 2, optimizer: 'nesterov', momentum: 0.8, schedule: { kind: 'cosine' } });
  });

  it.each<[string, () => string[], string, RegExp]>([
    ['a graph that is not there', () => ['train', 'nowhere.json', '--data', files.data], 'INVALID_INPUT', /nowhere\.json: there is no such file/],
    ['data that is not there', () => ['train', files.graph, '--data', 'nowhere'], 'INVALID_INPUT', /nowhere: there is no such file/],
    ['data that is none', () => ['train', files.graph, '--data', files.graph], 'DATASET_INVALID', /safetensors/],
    ['a graph that is none', () => ['train', files.data, '--data', files.data], 'GRAPH_INVALID', /JSON/],
    ['data of another shape', () => ['train', files.graph, '--data', 'digits'], 'DATASET_INVALID', /\[28, 28, 1\].*\[6, 6, 1\]/],
    ['values out of range', () => train('--batch-size', '0', '--optimizer', 'magic'), 'INVALID_INPUT', /batchSize.*optimizer/],
    ['parameters that are none', () => train('--params', files.data), 'INVALID_INPUT', /JSON object/],
    ['a folder with a run', () => train('--out', 'whole'), 'ALREADY_EXISTS', /--resume/],
    ['another run than the one in the folder', () => train('--out', 'whole', '--seed', '2', '--resume'), 'STATE_CONFLICT', /: seed\./],
    ['a folder without a run', () => train('--out', 'empty', '--resume'), 'NOT_FOUND', /--out/],
    ['values far too large', () => ['train', files.graph, '--data', files.wild, '--optimizer', 'sgd', '--out', 'wild'], 'TRAINING_DIVERGED', /step \d+.*smaller learning rate/],
  ])('%s: exits with 1, a code and what to do', async (_what, args, code, message) => {
    const command = args();
    const outcome = await start(command.includes('--json') ? command : [...command, '--json']).ended;
    expect(outcome).toMatchObject({ code: 1, err: '' });
    const documents = outcome.out.slice(outcome.out.indexOf('{\n'));
    expect(JSON.parse(documents)).toMatchObject({ error: { code, message: expect.stringMatching(message) } });
  });
});

describe('cyxwiz bench device', () => {
  it('says what this machine can do, and what decides its bits', async () => {
    const { code, out } = await start(['bench', 'device', '--threads', '2']).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^cpu .*\n.*MFLOP.*\n +batch +64 .* samples\/s .* GFLOP\/s\n +batch +256 .*\n +matrix product, 1024 .* GFLOP\/s\n +memory bandwidth .* GB\/s/);
    expect(out).toMatch(/ {2}device cpu, 2 thread\(s\), TensorFlow 2\.15\.1, .*oneDNN on\n/);
  });
});

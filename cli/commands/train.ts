import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { CyxError } from '#core/errors/cyx-error';
import { ERRORS } from '#core/errors/table';
import { parseGraph } from '#core/graph/parse';
import { checkDatasetFits } from '#engine/data/dataset';
import { CHILD_FILES, type Evaluation, type TrainingResult } from '#engine/node/child-contract';
import { evaluateInChild } from '#engine/node/evaluate-in-child';
import { numberOption, readInput, type CliContext } from '../context.ts';
import { hyperParametersOf, withHyperParameters, type HyperParameterOptions } from '../training/hyper-parameters.ts';
import { loadTrainingData } from '../training/local-data.ts';
import { createProgressView, formatDuration } from '../training/progress-view.ts';
import { openRunFolder, savedStep, tidyRunFolder, type RunFolder, type WantedRun } from '../training/run-folder.ts';
import { onInterrupt } from '../training/interrupt.ts';
import { startTraining, trainingWarning } from '../training/training-process.ts';

/** As often as a node does it. */
const CHECKPOINT_EVERY_STEPS = 50;
/** Who waits for an evaluation at home can see that it takes long, and has Ctrl-C. */
const EVALUATION_WITHIN_MS = 7 * 24 * 3_600_000;

interface TrainOptions extends HyperParameterOptions {
  readonly data: string;
  readonly heldOut?: string;
  readonly checkpointEvery: number;
  readonly threads?: number;
  readonly out?: string;
  readonly resume: boolean;
}

/** Trains here: no account, no network, nothing to pay. */
export function trainCommand(context: () => CliContext): Command {
  const command = new Command('train')
    .description('train a model on this machine, free and without an account')
    .argument('<graph>', 'the model graph, JSON')
    .requiredOption('--data <file>', 'a dataset file (safetensors with x and y), or the word digits: 10,000 handwritten ones')
    .option('--held-out <file>', 'data to judge the model by, or none; without it a fifth of the dataset is set aside');
  return withHyperParameters(command)
    .option('--checkpoint-every <steps>', 'a crash costs at most so many', numberOption, CHECKPOINT_EVERY_STEPS)
    .option('--threads <n>', 'they decide the last bits of the result (default: all CPUs)', numberOption)
    .option('--out <folder>', 'where everything is written (default: <graph>.run)')
    .option('--resume', 'go on with the run in the folder', false)
    .action(async (graphFile: string, options: TrainOptions) => {
      const run = await openRunFolder(await wantedRun(graphFile, options));
      await trainAndReport(context(), run);
    });
}

async function wantedRun(graphFile: string, options: TrainOptions): Promise<WantedRun> {
  const graph = parseGraph((await readInput(graphFile)).toString('utf8'));
  const hyperParameters = await hyperParametersOf(options);
  const data = await loadTrainingData(options.data, options.heldOut);
  checkDatasetFits(graph, data.training);
  if (data.heldOut !== undefined) checkDatasetFits(graph, data.heldOut);
  const folder = options.out ?? `${basename(graphFile, '.json')}.run`;
  return { graph, data, hyperParameters, checkpointEverySteps: options.checkpointEvery, threads: options.threads, folder, resume: options.resume };
}

async function trainAndReport(context: CliContext, run: RunFolder): Promise<void> {
  const view = createProgressView(process.stderr);
  const warning = trainingWarning();
  if (warning !== undefined) process.stderr.write(`${pc.yellow(warning)}\n`);
  const training = startTraining(run.folder, (line) => {
    if (context.json) context.emit({ kind: 'progress', ...line }, '');
    else view.show(line);
  });
  const cancel = new AbortController();
  const interrupt = onInterrupt({
    first() {
      cancel.abort();
      training.stop();
      if (!context.json) process.stderr.write(`\n${pc.dim('Writing a checkpoint … (Ctrl-C again ends it at once)')}\n`);
    },
    again: () => training.kill(),
  });
  try {
    const result = await training.ended;
    view.end();
    if (result === undefined) return reportStop(context, run);
    await reportResult(context, run, result, cancel.signal);
  } catch (error) {
    // Trained, but not judged: what is left to do is done by --resume too.
    if (!(error instanceof CyxError) || error.code !== 'CANCELLED') throw error;
    reportStop(context, run);
  } finally {
    interrupt.dispose();
    if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
  }
}

function reportStop(context: CliContext, { folder }: RunFolder): void {
  const isTrained = existsSync(join(folder, CHILD_FILES.result));
  const step = savedStep(folder);
  const where = isTrained ? 'Stopped after the training' : `Stopped at step ${step}`;
  const command = resumeCommand(process.argv.slice(2));
  context.emit({ kind: 'stopped', isTrained, step, folder, resume: command }, `${where}. Go on with\n  ${command}`);
  // Also where somebody else ended the process: there is no model.
  process.exitCode = 1;
}

/** The same command once more, as a shell reads it. */
function resumeCommand(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w./:=@+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`));
  return ['cyxwiz', ...quoted, ...(args.includes('--resume') ? [] : ['--resume'])].join(' ');
}

/** A finished run: judges its model and says what there is. */
async function reportResult(context: CliContext, { folder, spec, heldOutFile }: RunFolder, result: TrainingResult, signal: AbortSignal): Promise<void> {
  if (!result.ok) {
    const advice = ERRORS[result.code].retryable ? '. Go on from its last checkpoint with --resume' : '';
    throw new CyxError(result.code, `${result.message}${advice}`);
  }
  const { weightsHex, commitmentHex, finalLoss, finalAccuracy, trainingMs, steps, samples } = result;
  const modelFile = join(folder, basename(result.modelFile));
  const evaluation = heldOutFile === undefined ? undefined : await evaluateInChild({ modelFile, datasetFile: heldOutFile, threads: spec.threads, timeoutMs: EVALUATION_WITHIN_MS, signal });
  tidyRunFolder(folder);
  const sizeBytes = statSync(modelFile).size;
  context.emit({ kind: 'result', modelFile, sizeBytes, weightsHex, commitmentHex, finalLoss, finalAccuracy, trainingMs, steps, samples, threads: spec.threads, ...(evaluation === undefined ? {} : { evaluation }) }, [
    `${pc.green('✓')} ${steps} steps on ${samples.toLocaleString('en')} samples in ${formatDuration(trainingMs)}: loss ${finalLoss.toFixed(4)}, accuracy ${percent(finalAccuracy)}`,
    ...heldOutLines(evaluation),
    `  ${modelFile}  ${sizeBytes.toLocaleString('en')} bytes`,
    `  weights ${weightsHex}`,
  ].join('\n'));
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function heldOutLines(evaluation: Evaluation | undefined): string[] {
  if (evaluation === undefined) return [];
  return [`  on ${evaluation.samples.toLocaleString('en')} held-out samples: loss ${evaluation.loss.toFixed(4)}, accuracy ${percent(evaluation.accuracy)}`];
}

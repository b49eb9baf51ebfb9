import type { Command } from 'commander';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema, OPTIMIZERS, type HyperParameters } from '#core/graph/hyper-parameters';
import { numberOption, readInput } from '../context.ts';

const DEFAULTS = { epochs: 5, batchSize: 64, learningRate: 0.001, optimizer: 'adam', seed: 1 } as const;

/** What the options of `withHyperParameters` give. */
export interface HyperParameterOptions extends Partial<Omit<HyperParameters, 'optimizer'>> {
  readonly optimizer?: string;
  readonly params?: string;
}

/** The options that say how to train, the same wherever it is done. */
export function withHyperParameters(command: Command): Command {
  return command
    .option('--epochs <n>', `(default: ${DEFAULTS.epochs})`, numberOption)
    .option('--batch-size <n>', `(default: ${DEFAULTS.batchSize})`, numberOption)
    .option('--lr, --learning-rate <x>', `(default: ${DEFAULTS.learningRate})`, numberOption)
    .option('--optimizer <name>', `${OPTIMIZERS.join(', ')} (default: ${DEFAULTS.optimizer})`)
    .option('--weight-decay <x>', '', numberOption)
    .option('--clip-norm <x>', 'scales gradients down to this norm', numberOption)
    .option('--warm-up-steps <n>', 'steps in which the learning rate grows', numberOption)
    .option('--seed <n>', `(default: ${DEFAULTS.seed})`, numberOption)
    .option('--params <file>', 'all of these and more as JSON (core/graph/hyper-parameters.ts); options go before it');
}

/** @throws CyxError INVALID_INPUT that names what is out of range or unknown */
export async function hyperParametersOf(options: HyperParameterOptions): Promise<HyperParameters> {
  const { epochs, batchSize, learningRate, optimizer, weightDecay, clipNorm, warmUpSteps, seed } = options;
  const given = Object.entries({ epochs, batchSize, learningRate, optimizer, weightDecay, clipNorm, warmUpSteps, seed }).filter(([, value]) => value !== undefined);
  const fromFile = options.params === undefined ? {} : await readParams(options.params);
  return parseInput(hyperParametersSchema, { ...DEFAULTS, ...fromFile, ...Object.fromEntries(given) });
}

async function readParams(file: string): Promise<object> {
  const text = (await readInput(file)).toString('utf8');
  try {
    const params: unknown = JSON.parse(text);
    if (typeof params === 'object' && params !== null && !Array.isArray(params)) return params;
  } catch {
    // The same sentence tells about both.
  }
  throw new CyxError('INVALID_INPUT', `${file} must be a JSON object of hyper-parameters, like {"epochs": 5, "learningRate": 0.001}`);
}

/**
 * Evaluates a model file on a dataset file in a process of its own, since native operations block whatever
 * process they run in: `node --import tsx engine/node/evaluate-child.ts <modelFile> <datasetFile> [threads]`.
 * Prints one line of JSON (`evaluationResultSchema`).
 */
import { readFile } from 'node:fs/promises';
import { CyxError } from '#core/errors/cyx-error';
import { decodeDataset } from '../data/dataset.ts';
import { decodeModel } from '../formats/model-file.ts';
import { evaluateModel } from '../metrics/evaluate.ts';
import type { EvaluationResult } from './child-contract.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { graphBackend } from './tensorflow/backend.ts';

async function evaluate(modelFile: string, datasetFile: string, threads: number | undefined): Promise<EvaluationResult> {
  try {
    const model = decodeModel(await readFile(modelFile));
    const dataset = decodeDataset(await readFile(datasetFile));
    const { tf } = loadTensorflow({ threads });
    return { ok: true, evaluation: evaluateModel(graphBackend(tf), model, dataset) };
  } catch (error) {
    if (error instanceof CyxError) return { ok: false, code: error.code, message: error.message };
    console.error(error);
    return { ok: false, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
  }
}

const [modelFile, datasetFile, threads] = process.argv.slice(2);
if (modelFile === undefined || datasetFile === undefined) {
  console.error('usage: evaluate-child.ts <modelFile> <datasetFile> [threads]');
  process.exit(2);
}
const result = await evaluate(modelFile, datasetFile, threads === undefined ? undefined : Number(threads));
process.stdout.write(`${JSON.stringify(result)}\n`);

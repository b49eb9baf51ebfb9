import type { DatasetView, JobSpecification } from '#api/services/types';
import { CyxError, type FieldViolation } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema, type HyperParameters } from '#core/graph/hyper-parameters';
import { deviceClassSchema } from '#core/hardware/device-class';
import { z } from 'zod';
import { isCyxError, toFormProblem, type FormProblem } from './errors.server.ts';
import { textOf } from './form.ts';
import { isPresetId, presetGraphJson, presetProblem, presetTargets } from './presets.ts';

const MINUTE_MS = 60_000;
const MAX_DEADLINE_MINUTES = 7 * 24 * 60;

const numberField = z.string().trim().min(1, 'write a number').transform(Number).pipe(z.number('write a number'));
const fieldsSchema = z.object({
  dataset: z.string().min(1, 'choose a dataset'),
  epochs: numberField.pipe(hyperParametersSchema.shape.epochs),
  batchSize: numberField.pipe(hyperParametersSchema.shape.batchSize),
  learningRate: numberField.pipe(hyperParametersSchema.shape.learningRate),
  optimizer: hyperParametersSchema.shape.optimizer,
  seed: numberField.pipe(z.int().min(0).max(0xffff_ffff)),
  deviceClass: deviceClassSchema,
  deadlineMinutes: numberField.pipe(z.int().min(1).max(MAX_DEADLINE_MINUTES)),
});

/** The form, word for word as it was sent: what is shown again next to the errors or the plan. */
export type NewJobValues = Readonly<Record<string, string>>;

const FIELD_NAMES = [...Object.keys(fieldsSchema.shape), 'model', 'graph', 'advanced'];

export function readValues(form: FormData): NewJobValues {
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, textOf(form, name)]));
}

/** What the form asks for. Throws a CyxError that names every field at fault. */
export function toSpecification(values: NewJobValues, datasets: readonly DatasetView[]): JobSpecification {
  const fields = parseInput(fieldsSchema, values);
  const dataset = datasets.find(({ cid }) => cid === fields.dataset);
  if (dataset === undefined) throw fieldError({ path: 'dataset', message: 'choose one of your datasets' });
  const { epochs, batchSize, learningRate, optimizer, seed } = fields;
  return {
    graphJson: graphJsonOf(values, dataset),
    datasetCid: dataset.cid,
    hyperParameters: withAdvanced({ epochs, batchSize, learningRate, optimizer, seed }, values.advanced ?? ''),
    deviceClass: fields.deviceClass,
    deadlineMs: fields.deadlineMinutes * MINUTE_MS,
  };
}

/** What the fold adds goes through the same schema as everything else; what is wrong with it is said at its field. */
function withAdvanced(basic: Pick<HyperParameters, 'epochs' | 'batchSize' | 'learningRate' | 'optimizer' | 'seed'>, text: string): HyperParameters {
  if (text.trim() === '') return basic;
  let more: unknown;
  try {
    more = JSON.parse(text);
  } catch {
    throw fieldError({ path: 'advanced', message: 'write JSON, for example {"clipNorm": 1}' });
  }
  const parsed = hyperParametersSchema.safeParse(typeof more === 'object' ? { ...more, ...basic } : more);
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter((part) => part !== '').join(': ')).join('; ');
  throw fieldError({ path: 'advanced', message });
}

function graphJsonOf({ model = '', graph = '' }: NewJobValues, dataset: DatasetView): string {
  if (isPresetId(model)) {
    const reason = presetProblem(dataset);
    if (reason !== null) throw fieldError({ path: 'graph', message: reason });
    return presetGraphJson(model, dataset.sampleShape, presetTargets(dataset));
  }
  if (graph.trim() === '') throw fieldError({ path: 'graph', message: 'paste the JSON of a model graph, or choose one of the models above' });
  return graph;
}

function fieldError(violation: FieldViolation): CyxError {
  return new CyxError('INVALID_INPUT', `Please correct: ${violation.message}`, { fields: [violation] });
}

/** Errors that belong to one field although the service can not know its name. */
const FIELD_OF_CODE: Readonly<Record<string, string>> = {
  GRAPH_INVALID: 'graph',
  DATASET_INVALID: 'dataset',
  NO_CAPABLE_NODE: 'deviceClass',
};

/** Sorts a refusal to the fields of this form; what belongs to none stays a message over the form. */
export function newJobProblem(error: unknown): { problem: FormProblem; status: number } {
  const { problem, status } = toFormProblem(error);
  const known = Object.entries(problem.fields).flatMap(([path, message]) => {
    const name = path.split('.').pop() ?? '';
    return FIELD_NAMES.includes(name) ? [[name, message] as const] : [];
  });
  const field = isCyxError(error) ? FIELD_OF_CODE[error.code] : undefined;
  const fields = field === undefined ? Object.fromEntries(known) : { [field]: problem.message };
  return { problem: { ...problem, fields }, status };
}

const specificationSchema = z.object({
  graphJson: z.string(),
  datasetCid: z.string(),
  hyperParameters: hyperParametersSchema,
  deviceClass: deviceClassSchema,
  deadlineMs: z.number(),
});

/** The specification that a quote was made for, as the approving form carries it. */
export function parseSpecification(text: string): JobSpecification {
  const input = parseJson(text);
  return parseInput(specificationSchema, input);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CyxError('INVALID_INPUT', 'The form was damaged on its way. Get the price again.', { cause });
  }
}

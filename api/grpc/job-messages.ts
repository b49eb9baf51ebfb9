import { z } from 'zod';
import type { Job, JobSpecification as SpecificationMessage, StreamJobUpdatesResponse, Transfer } from '#proto/gen/cyxwiz/job/v1/job_service';
import { JobState as StateMessage } from '#proto/gen/cyxwiz/job/v1/job_service';
import { assertNever, CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema, type HyperParameters } from '#core/graph/hyper-parameters';
import { JOB_END_REASONS } from '#core/job/end-reason';
import { JOB_STATES, type JobState } from '#core/job/machine';
import type { JobSpecification, JobSummary, JobUpdate, JobView, TransferView } from '#api/services/types';

/** The enum's numbers follow the order of core's states, after UNSPECIFIED = 0. */
export function stateMessage(state: JobState): StateMessage {
  return (JOB_STATES.indexOf(state) + 1);
}

/** Undefined for UNSPECIFIED: no filter. An unknown number is passed on as text, for the service to refuse. */
export function stateFromMessage(state: StateMessage): JobState | undefined {
  if (state === StateMessage.JOB_STATE_UNSPECIFIED) return undefined;
  return JOB_STATES[state - 1] ?? (String(state) as JobState);
}

/** Several times what all of them take; refusals repeat unknown names in the trailers, which must stay small. */
const MAX_HYPER_PARAMETERS_CHARACTERS = 2_000;

function hyperParametersRefused(message: string, cause?: unknown): CyxError {
  return new CyxError('INVALID_INPUT', `Please correct: hyper_parameters_json: ${message}`, {
    fields: [{ path: 'hyper_parameters_json', message }],
    cause,
  });
}

function parseHyperParametersJson(text: string): HyperParameters {
  if (text.length > MAX_HYPER_PARAMETERS_CHARACTERS) throw hyperParametersRefused(`must have at most ${MAX_HYPER_PARAMETERS_CHARACTERS} characters`);
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw hyperParametersRefused('must be JSON', cause);
  }
  // Refusals name the fields as the services would.
  return parseInput(z.object({ hyperParameters: hyperParametersSchema }), { hyperParameters: values }).hyperParameters;
}

/** The old message alone stays unchecked here; the JSON is checked, to be compared with the message beside it. */
function hyperParametersFromMessage(message: SpecificationMessage | undefined): unknown {
  const oldest = message?.hyperParameters;
  const text = message?.hyperParametersJson ?? '';
  // proto3 has no "not set" for a string; an empty optimizer means the default.
  if (text === '') return oldest && { ...oldest, optimizer: oldest.optimizer === '' ? undefined : oldest.optimizer };
  const all = parseHyperParametersJson(text);
  const differing = Object.entries(oldest ?? {}).filter(([name, value]) => all[name as keyof HyperParameters] !== value);
  if (differing.length > 0) throw hyperParametersRefused(`differs from hyper_parameters in ${differing.map(([name]) => name).join(', ')}; set one of the two`);
  return all;
}

function specificationMessage({ hyperParameters, deadlineMs, ...rest }: JobSpecification): SpecificationMessage {
  const { epochs, batchSize, learningRate, optimizer, seed } = hyperParameters;
  return {
    ...rest,
    hyperParameters: { epochs, batchSize, learningRate, optimizer, seed },
    hyperParametersJson: JSON.stringify(hyperParameters),
    deadlineMs: BigInt(deadlineMs),
  };
}

/** The services check everything, whichever edge it came through. */
export function specificationFromMessage(message: SpecificationMessage | undefined): JobSpecification {
  return {
    graphJson: message?.graphJson ?? '',
    datasetCid: message?.datasetCid ?? '',
    hyperParameters: hyperParametersFromMessage(message) as HyperParameters,
    deviceClass: message?.deviceClass ?? '',
    deadlineMs: Number(message?.deadlineMs ?? 0),
  };
}

function transferMessage(transfer: TransferView): Transfer {
  const { purpose, from, to, amountBase, signature, at } = transfer;
  return { purpose, from, to, amountBase, signature, at };
}

/** A job of a list (no history), or a whole one. */
export function jobMessage(job: JobSummary | JobView): Job {
  const whole = 'states' in job ? job : null;
  return {
    jobId: job.jobId,
    workflowId: job.workflowId,
    state: stateMessage(job.state),
    states: (whole?.states ?? []).map(({ state, at }) => ({ state: stateMessage(state), at })),
    endReason: job.endReason ?? '',
    endMessage: job.endReason === null ? '' : JOB_END_REASONS[job.endReason],
    amountBase: job.amountBase,
    attempt: job.attempt,
    nodeId: job.nodeId ?? '',
    nodeAccount: whole?.nodeAccount ?? '',
    escrowAddress: whole?.escrowAddress ?? '',
    transfers: (whole?.transfers ?? []).map(transferMessage),
    modelCid: job.modelCid ?? '',
    testAccuracy: job.testAccuracy ?? 0,
    createdAt: job.createdAt,
    deadlineAt: job.deadlineAt,
    waitingFor: job.waitingFor,
    specification: specificationMessage(job.specification),
  };
}

export function updateMessage(update: JobUpdate): StreamJobUpdatesResponse {
  return { eventId: update.eventId, at: update.at, update: updateBody(update) };
}

function updateBody(update: JobUpdate): StreamJobUpdatesResponse['update'] {
  switch (update.kind) {
    case 'state':
      return { $case: 'stateChange', value: { state: stateMessage(update.state), at: update.at } };
    case 'progress': {
      const { progress } = update;
      return { $case: 'progress', value: { ...progress, step: BigInt(progress.step), steps: BigInt(progress.steps) } };
    }
    case 'log':
      return { $case: 'log', value: update.line };
    case 'transfer':
      return { $case: 'transfer', value: transferMessage(update.transfer) };
    default:
      return assertNever(update);
  }
}

import type { Job, JobSpecification as SpecificationMessage, StreamJobUpdatesResponse, Transfer } from '#proto/gen/cyxwiz/job/v1/job_service';
import { JobState as StateMessage } from '#proto/gen/cyxwiz/job/v1/job_service';
import { assertNever } from '#core/errors/cyx-error';
import type { HyperParameters } from '#core/graph/hyper-parameters';
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

/** Unchecked: the services check everything, whichever edge it came through. */
export function specificationFromMessage(message: SpecificationMessage | undefined): JobSpecification {
  const hyper = message?.hyperParameters;
  // proto3 has no "not set" for a string; an empty optimizer means the default.
  const hyperParameters = hyper && { ...hyper, optimizer: hyper.optimizer === '' ? undefined : hyper.optimizer };
  return {
    graphJson: message?.graphJson ?? '',
    datasetCid: message?.datasetCid ?? '',
    hyperParameters: hyperParameters as HyperParameters,
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
  const { specification } = job;
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
    specification: { ...specification, hyperParameters: { ...specification.hyperParameters }, deadlineMs: BigInt(specification.deadlineMs) },
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

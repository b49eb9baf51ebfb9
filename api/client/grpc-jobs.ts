import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { JOB_END_REASONS, type JobEndReason } from '#core/job/end-reason';
import { JOB_STATES, type JobState } from '#core/job/machine';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import {
  JobServiceClient,
  type Job as JobMessage,
  type JobSpecification,
  type JobState as StateMessage,
  type StreamJobUpdatesResponse,
  type Transfer,
} from '#proto/gen/cyxwiz/job/v1/job_service';
import { channelTarget, CHANNEL_OPTIONS, fromServiceError, metadataOf, unaryCall } from './grpc-call.ts';
import type { Job, JobTransport, JobUpdate, Specification, TransferView } from './types.ts';

/** Calls about jobs over gRPC. */
export function createGrpcJobs(grpcUrl: string, token: () => string | null): JobTransport {
  const { address, channel } = channelTarget(grpcUrl);
  const client = new JobServiceClient(address, channel, CHANNEL_OPTIONS);
  return {
    quote: async (specification) => {
      const request = { specification: specificationMessage(specification) };
      const quote = await unaryCall(client.getQuote.bind(client), request, token());
      return { ...quote, estimatedDurationMs: Number(quote.estimatedDurationMs), expiresAt: quote.expiresAt ?? new Date(0) };
    },
    submit: async ({ specification, ...input }) => {
      const request = { ...input, specification: specificationMessage(specification) };
      const { jobId, workflowId, state } = await unaryCall(client.submitJob.bind(client), request, token());
      return { jobId, workflowId, state: jobState(state) };
    },
    status: async (jobId) => {
      const { job } = await unaryCall(client.getJobStatus.bind(client), { jobId }, token());
      return jobFromMessage(job!);
    },
    cancel: async (jobId) => ({ state: jobState((await unaryCall(client.cancelJob.bind(client), { jobId }, token())).state) }),
    list: async ({ pageSize = 0, pageToken = '', state }) => {
      const request = { pageSize, pageToken, state: state === undefined ? 0 : JOB_STATES.indexOf(state) + 1 };
      const { jobs, nextPageToken } = await unaryCall(client.listJobs.bind(client), request, token());
      return { jobs: jobs.map(jobFromMessage), nextPageToken };
    },
    stream: (jobId, afterEventId, signal) =>
      readStream(client.streamJobUpdates({ jobId, afterEventId }, metadataOf(token())), jobId, signal),
    close: () => client.close(),
  };
}

async function* readStream(
  call: ClientReadableStream<StreamJobUpdatesResponse>,
  jobId: string,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
  const cancel = (): void => call.cancel();
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  try {
    for await (const message of call) {
      const update = updateFromMessage(message as StreamJobUpdatesResponse, jobId);
      if (update !== null) yield update;
    }
  } catch (error) {
    throw fromServiceError(error as ServiceError);
  } finally {
    signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}

function specificationMessage(specification: Specification): JobSpecification {
  return {
    graphJson: specification.graphJson,
    datasetCid: specification.datasetCid,
    hyperParameters: undefined,
    hyperParametersJson: JSON.stringify(specification.hyperParameters),
    deviceClass: specification.deviceClass,
    deadlineMs: BigInt(specification.deadlineMs),
  };
}

/** A server from before the JSON knows no other hyper-parameters than those of the message. */
function hyperParametersFromMessage({ hyperParameters, hyperParametersJson }: JobSpecification): Specification['hyperParameters'] {
  return hyperParametersSchema.parse(hyperParametersJson === '' ? hyperParameters : JSON.parse(hyperParametersJson));
}

/** The enum's numbers follow the order of core's states, after UNSPECIFIED = 0. */
function jobState(state: StateMessage): JobState {
  return JOB_STATES[state - 1] ?? 'CREATED';
}

function transferFromMessage(message: Transfer, jobId: string): TransferView {
  const { purpose, from, to, amountBase, signature, at } = message;
  return { purpose: purpose as TransferView['purpose'], from, to, amountBase, signature, jobId, at: at ?? new Date(0) };
}

function jobFromMessage(job: JobMessage): Job {
  const orNull = (text: string): string | null => (text === '' ? null : text);
  const specification = job.specification!;
  return {
    jobId: job.jobId,
    workflowId: job.workflowId,
    state: jobState(job.state),
    states: job.states.map(({ state, at }) => ({ state: jobState(state), at: at ?? new Date(0) })),
    amountBase: job.amountBase,
    attempt: job.attempt,
    nodeId: orNull(job.nodeId),
    nodeAccount: orNull(job.nodeAccount),
    escrowAddress: orNull(job.escrowAddress),
    endReason: job.endReason in JOB_END_REASONS ? (job.endReason as JobEndReason) : null,
    endMessage: orNull(job.endMessage),
    waitingFor: job.waitingFor,
    transfers: job.transfers.map((transfer) => transferFromMessage(transfer, job.jobId)),
    modelCid: orNull(job.modelCid),
    testAccuracy: job.modelCid === '' ? null : job.testAccuracy,
    createdAt: job.createdAt ?? new Date(0),
    deadlineAt: job.deadlineAt ?? new Date(0),
    specification: {
      graphJson: specification.graphJson,
      datasetCid: specification.datasetCid,
      hyperParameters: hyperParametersFromMessage(specification),
      deviceClass: specification.deviceClass,
      deadlineMs: Number(specification.deadlineMs),
    },
  };
}

/** Null for a kind of update that this client does not know yet. */
function updateFromMessage({ eventId, at, update }: StreamJobUpdatesResponse, jobId: string): JobUpdate | null {
  const common = { eventId, at: at ?? new Date(0) };
  switch (update?.$case) {
    case 'stateChange':
      return { ...common, kind: 'state', state: jobState(update.value.state) };
    case 'progress': {
      const { step, steps, ...progress } = update.value;
      return { ...common, kind: 'progress', progress: { ...progress, step: Number(step), steps: Number(steps) } };
    }
    case 'log':
      return { ...common, kind: 'log', line: update.value };
    case 'transfer':
      return { ...common, kind: 'transfer', transfer: transferFromMessage(update.value, jobId) };
    case undefined:
      return null;
  }
}

import { isTerminal, type JobState } from '#core/job/machine';
import type { JobEndReason } from '#core/job/end-reason';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import type { JobAttemptRow, JobEventRow, JobRow } from '#db/postgres/database';
import type { JobEventPayloads } from '#db/postgres/events';
import type { AttemptView, JobSummary, JobUpdate, TransferPurpose } from './types.ts';

export function jobSummary(row: JobRow): JobSummary {
  return {
    jobId: row.id,
    workflowId: row.workflowId,
    state: row.state as JobState,
    amountBase: row.amountBase,
    attempt: row.attempt,
    nodeId: row.nodeId,
    endReason: row.endReason as JobEndReason | null,
    waitingFor: row.waitingFor,
    modelCid: row.modelCid,
    testAccuracy: row.testAccuracy,
    createdAt: row.createdAt,
    deadlineAt: row.deadlineAt,
    endedAt: row.endedAt,
    specification: {
      graphJson: row.graphJson,
      datasetCid: row.datasetCid,
      hyperParameters: hyperParametersSchema.parse(row.hyperParameters),
      deviceClass: row.deviceClass,
      deadlineMs: row.deadlineMs,
    },
  };
}

export function attemptView(row: JobAttemptRow): AttemptView {
  return {
    attempt: row.attempt,
    nodeId: row.nodeId,
    claimedAt: row.claimedAt,
    assignedAt: row.assignedAt,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    trainingMs: row.trainingMs,
    commitmentHex: row.commitment === null ? null : Buffer.from(row.commitment).toString('hex'),
    outcome: row.outcome,
    outcomeReason: row.outcomeReason,
  };
}

/** A stored event as readers see it. Payloads were typed when they were written. */
export function jobUpdate(row: JobEventRow): JobUpdate {
  const common = { eventId: row.id, at: row.at };
  switch (row.kind as keyof JobEventPayloads) {
    case 'state':
      return { ...common, kind: 'state', state: (row.payload as JobEventPayloads['state']).state };
    case 'progress':
      return { ...common, kind: 'progress', progress: row.payload as JobEventPayloads['progress'] };
    case 'log':
      return { ...common, kind: 'log', line: (row.payload as JobEventPayloads['log']).line };
    case 'transfer': {
      const payload = row.payload as JobEventPayloads['transfer'];
      const transfer = { ...payload, purpose: payload.purpose as TransferPurpose, amountBase: BigInt(payload.amountBase), jobId: row.jobId, at: row.at };
      return { ...common, kind: 'transfer', transfer };
    }
  }
}

export function endsStream(update: JobUpdate): boolean {
  return update.kind === 'state' && isTerminal(update.state);
}

import type { z } from 'zod';
import type { apiKeyJson, loginMethodJson, transferJson, userJson, walletJson } from '#api/client/wire/account';
import type { datasetJson, jobJson, jobSummaryJson, jobUpdateJson, modelJson, quoteJson } from '#api/client/wire/job';
import type { computeUnitJson, hardwareJson, machineJson, nodeJson } from '#api/client/wire/machine';
import { specificationToJson } from '#api/client/wire/specification';
import type { ApiKeyView, LoginMethodView } from '#api/services/account-types';
import type { ComputeUnitView, Hardware, MachineView } from '#api/services/machine-types';
import type {
  AttemptView,
  DatasetView,
  JobSummary,
  JobUpdate,
  JobView,
  ModelView,
  NodeView,
  QuoteView,
  TransferView,
  UserView,
  WalletView,
} from '#api/services/types';
import { assertNever } from '#core/errors/cyx-error';
import { JOB_END_REASONS } from '#core/job/end-reason';

/** Views as REST spells them: snake_case, instants in ISO 8601, money as decimal strings. */

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

export function userToJson(user: UserView): z.input<typeof userJson> {
  const { id, email, emailVerified, username, role, subscription, wallet, stats, apiKeys, createdAt } = user;
  return { id, email, email_verified: emailVerified, username, role, subscription, wallet, stats, apiKeys: [...apiKeys], created_at: createdAt.toISOString() };
}

export function loginMethodToJson({ id, kind, label, linkedAt, isRemovable }: LoginMethodView): z.input<typeof loginMethodJson> {
  return { id, kind, label, linked_at: iso(linkedAt), removable: isRemovable };
}

export function apiKeyToJson(key: ApiKeyView): z.input<typeof apiKeyJson> {
  const { keyId, name, start, scopes, createdAt, expiresAt, lastUsedAt } = key;
  return { key_id: keyId, name, start, scopes: [...scopes], created_at: createdAt.toISOString(), expires_at: iso(expiresAt), last_used_at: iso(lastUsedAt) };
}

export function walletToJson({ address, kind, balanceBase }: WalletView): z.input<typeof walletJson> {
  return { address, kind, balance_base: balanceBase.toString() };
}

export function transferToJson(transfer: TransferView): z.input<typeof transferJson> {
  const { purpose, from, to, amountBase, signature, jobId, at } = transfer;
  return { purpose, from, to, amount_base: amountBase.toString(), signature, job_id: jobId, at: at.toISOString() };
}

function hardwareToJson({ cpus, gpus, ramTotalMb }: Hardware): z.output<typeof hardwareJson> {
  return {
    cpus: cpus.map((cpu) => ({ ...cpu })),
    gpus: gpus.map((gpu) => ({ device_id: gpu.deviceId, name: gpu.name, vram_mb: gpu.vramMb, cuda_version: gpu.cudaVersion })),
    ram_total_mb: ramTotalMb,
  };
}

export function hardwareFromJson(json: z.output<typeof hardwareJson>): Hardware {
  return {
    cpus: json.cpus,
    gpus: json.gpus.map((gpu) => ({ deviceId: gpu.device_id, name: gpu.name, vramMb: gpu.vram_mb, cudaVersion: gpu.cuda_version })),
    ramTotalMb: json.ram_total_mb,
  };
}

export function computeUnitToJson(unit: ComputeUnitView): z.input<typeof computeUnitJson> {
  const { allocation, stats } = unit;
  return {
    unit_id: unit.unitId,
    machine_id: unit.machineId,
    device_type: unit.deviceType,
    device_name: unit.deviceName,
    vram_total_mb: unit.vramTotalMb,
    cores_total: unit.coresTotal,
    allocation: {
      vram_allocated_mb: allocation.vramAllocatedMb,
      vram_reserved_mb: allocation.vramReservedMb,
      cores_allocated: allocation.coresAllocated,
    },
    status: unit.status,
    stats: { tasks_completed: stats.tasksCompleted, earnings_base: stats.earningsBase.toString() },
  };
}

export function machineToJson(machine: MachineView): z.output<typeof machineJson> {
  return {
    machine_id: machine.machineId,
    owner_id: machine.ownerId,
    hostname: machine.hostname,
    os: machine.os,
    hardware: hardwareToJson(machine.hardware),
    status: machine.status,
    last_seen: iso(machine.lastSeenAt),
    compute_units: machine.computeUnits.map(computeUnitToJson),
  };
}

export function nodeToJson(node: NodeView): z.input<typeof nodeJson> {
  return {
    node_id: node.nodeId,
    account: node.account,
    device_class: node.deviceClass,
    device_name: node.deviceName,
    memory_mb: node.memoryMb,
    state: node.state,
    price_per_hour_base: node.pricePerHourBase.toString(),
    stake_base: node.stakeBase.toString(),
    samples_per_second: node.samplesPerSecond,
    total_jobs: node.totalJobs,
    successful: node.successful,
    avg_time_ms: node.avgTimeMs,
    last_seen: iso(node.lastSeenAt),
  };
}

export function quoteToJson(quote: QuoteView): z.input<typeof quoteJson> {
  return {
    quote_id: quote.quoteId,
    amount_base: quote.amountBase.toString(),
    node_base: quote.nodeBase.toString(),
    platform_base: quote.platformBase.toString(),
    price_per_hour_base: quote.pricePerHourBase.toString(),
    estimated_duration_ms: quote.estimatedDurationMs,
    capable_nodes: quote.capableNodes,
    expires_at: quote.expiresAt.toISOString(),
  };
}

export function jobSummaryToJson(job: JobSummary): z.output<typeof jobSummaryJson> {
  return {
    job_id: job.jobId,
    workflow_id: job.workflowId,
    state: job.state,
    amount_base: job.amountBase.toString(),
    attempt: job.attempt,
    node_id: job.nodeId,
    end_reason: job.endReason,
    end_message: job.endReason === null ? null : JOB_END_REASONS[job.endReason],
    waiting_for: job.waitingFor,
    model_cid: job.modelCid,
    test_accuracy: job.testAccuracy,
    created_at: job.createdAt.toISOString(),
    deadline_at: job.deadlineAt.toISOString(),
    ended_at: iso(job.endedAt),
    specification: specificationToJson(job.specification),
  };
}

export function jobToJson(job: JobView): z.output<typeof jobJson> {
  return {
    ...jobSummaryToJson(job),
    states: job.states.map(({ state, at }) => ({ state, at: at.toISOString() })),
    attempts: job.attempts.map(attemptToJson),
    transfers: job.transfers.map(transferToJson),
    node_account: job.nodeAccount,
    escrow_address: job.escrowAddress,
  };
}

function attemptToJson(attempt: AttemptView): z.input<typeof jobJson>['attempts'][number] {
  return {
    attempt: attempt.attempt,
    node_id: attempt.nodeId,
    claimed_at: iso(attempt.claimedAt),
    assigned_at: iso(attempt.assignedAt),
    started_at: iso(attempt.startedAt),
    completed_at: iso(attempt.completedAt),
    training_ms: attempt.trainingMs,
    commitment_hex: attempt.commitmentHex,
    outcome: attempt.outcome,
    outcome_reason: attempt.outcomeReason,
  };
}

export function jobUpdateToJson(update: JobUpdate): z.input<typeof jobUpdateJson> {
  const common = { event_id: update.eventId.toString(), at: update.at.toISOString() };
  switch (update.kind) {
    case 'state':
      return { ...common, kind: 'state', state: update.state };
    case 'progress': {
      const { samplesPerSecond, ...progress } = update.progress;
      return { ...common, kind: 'progress', progress: { ...progress, samples_per_second: samplesPerSecond } };
    }
    case 'log':
      return { ...common, kind: 'log', line: update.line };
    case 'transfer':
      return { ...common, kind: 'transfer', transfer: transferToJson(update.transfer) };
    default:
      return assertNever(update);
  }
}

export function datasetToJson(dataset: DatasetView): z.input<typeof datasetJson> {
  return {
    cid: dataset.cid,
    name: dataset.name,
    samples: dataset.samples,
    held_out_samples: dataset.heldOutSamples,
    size_bytes: dataset.sizeBytes,
    sample_shape: [...dataset.sampleShape],
    classes: dataset.classes,
    input_dtype: dataset.inputDtype,
    target_width: dataset.targetWidth,
    created_at: dataset.createdAt.toISOString(),
  };
}

export function modelToJson({ jobId, cid, testAccuracy, createdAt }: ModelView): z.input<typeof modelJson> {
  return { job_id: jobId, cid, test_accuracy: testAccuracy, created_at: createdAt.toISOString() };
}

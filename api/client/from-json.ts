import type { z } from 'zod';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import type { DatasetView, Job, JobUpdate, QuoteView, Specification, TransferView, UserView, WalletView } from './types.ts';
import type { transferJson, userJson, walletJson } from './wire/account.ts';
import type { datasetJson, jobJson, jobSummaryJson, jobUpdateJson, quoteJson } from './wire/job.ts';
import { specificationFromJson, type specificationJson } from './wire/specification.ts';

/** REST's spelling as the SDK's types. */

/** What a server says must be a whole specification, and nothing that this client does not know. */
function specificationFromWire(json: z.output<typeof specificationJson>): Specification {
  const specification = specificationFromJson(json);
  return { ...specification, hyperParameters: hyperParametersSchema.parse(specification.hyperParameters) };
}

export function userFromWire(json: z.output<typeof userJson>): UserView {
  const { created_at: createdAt, email_verified: emailVerified, ...user } = json;
  return { ...user, emailVerified, createdAt: new Date(createdAt) };
}

export function walletFromWire({ address, kind, balance_base: balance }: z.output<typeof walletJson>): WalletView {
  return { address, kind, balanceBase: BigInt(balance) };
}

export function transferFromWire(json: z.output<typeof transferJson>): TransferView {
  const { purpose, from, to, amount_base: amount, signature, job_id: jobId, at } = json;
  return { purpose: purpose as TransferView['purpose'], from, to, amountBase: BigInt(amount), signature, jobId, at: new Date(at) };
}

export function quoteFromWire(json: z.output<typeof quoteJson>): QuoteView {
  return {
    quoteId: json.quote_id,
    amountBase: BigInt(json.amount_base),
    nodeBase: BigInt(json.node_base),
    platformBase: BigInt(json.platform_base),
    pricePerHourBase: BigInt(json.price_per_hour_base),
    estimatedDurationMs: json.estimated_duration_ms,
    capableNodes: json.capable_nodes,
    expiresAt: new Date(json.expires_at),
  };
}

export function jobFromWire(json: z.output<typeof jobSummaryJson> | z.output<typeof jobJson>): Job {
  const whole = 'states' in json ? json : null;
  return {
    jobId: json.job_id,
    workflowId: json.workflow_id,
    state: json.state,
    states: (whole?.states ?? []).map(({ state, at }) => ({ state, at: new Date(at) })),
    amountBase: BigInt(json.amount_base),
    attempt: json.attempt,
    nodeId: json.node_id,
    nodeAccount: whole?.node_account ?? null,
    escrowAddress: whole?.escrow_address ?? null,
    endReason: json.end_reason as Job['endReason'],
    endMessage: json.end_message,
    waitingFor: json.waiting_for,
    transfers: (whole?.transfers ?? []).map(transferFromWire),
    modelCid: json.model_cid,
    testAccuracy: json.test_accuracy,
    createdAt: new Date(json.created_at),
    deadlineAt: new Date(json.deadline_at),
    specification: specificationFromWire(json.specification),
  };
}

export function updateFromWire(json: z.output<typeof jobUpdateJson>): JobUpdate {
  const common = { eventId: BigInt(json.event_id), at: new Date(json.at) };
  switch (json.kind) {
    case 'state':
      return { ...common, kind: 'state', state: json.state };
    case 'progress': {
      const { samples_per_second: samplesPerSecond, ...progress } = json.progress;
      return { ...common, kind: 'progress', progress: { ...progress, samplesPerSecond } };
    }
    case 'log':
      return { ...common, kind: 'log', line: json.line };
    case 'transfer':
      return { ...common, kind: 'transfer', transfer: transferFromWire(json.transfer) };
  }
}

export function datasetFromWire(json: z.output<typeof datasetJson>): DatasetView {
  return {
    cid: json.cid,
    name: json.name,
    samples: json.samples,
    heldOutSamples: json.held_out_samples,
    sizeBytes: json.size_bytes,
    sampleShape: json.sample_shape,
    classes: json.classes,
    inputDtype: json.input_dtype,
    targetWidth: json.target_width,
    createdAt: new Date(json.created_at),
  };
}

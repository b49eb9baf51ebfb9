import type { z } from 'zod';
import type { nodeEarningsJson, ownNodeJson, slashJson, unstakingJson } from '#api/client/wire/own-node';
import type { OwnNodeView } from '#api/services/machine-types';
import type { OwnNodeEarningsView, SlashView, UnstakingView } from '#api/services/own-node-types';
import { nodeToJson } from './to-json.ts';

export function ownNodeToJson(node: OwnNodeView): z.output<typeof ownNodeJson> {
  const { machineId, paused, draining, maintenance, unstaking, unstakeAvailableAt, banned, capability, isVerifiable } = node;
  return {
    ...nodeToJson(node),
    machine_id: machineId,
    ...{ paused, draining, maintenance, unstaking, unstake_available_at: unstakeAvailableAt?.toISOString() ?? null },
    ...{ banned, capability, is_verifiable: isVerifiable },
  };
}

export function nodeEarningsToJson({ nodeId, paidJobs, amountBase, days }: OwnNodeEarningsView): z.output<typeof nodeEarningsJson> {
  return {
    node_id: nodeId,
    paid_jobs: paidJobs,
    amount_base: amountBase.toString(),
    days: days.map((entry) => ({ day: entry.day, paid_jobs: entry.paidJobs, amount_base: entry.amountBase.toString() })),
  };
}

export function slashToJson({ jobId, at, amountBase, evidenceHashHex, ...slash }: SlashView): z.output<typeof slashJson> {
  return { ...slash, at: at.toISOString(), job_id: jobId, amount_base: amountBase.toString(), evidence_sha256: evidenceHashHex };
}

export function unstakingToJson({ nodeId, step, stakeBase, availableAt, openJobs }: UnstakingView): z.output<typeof unstakingJson> {
  return { node_id: nodeId, step, stake_base: stakeBase.toString(), available_at: availableAt?.toISOString() ?? null, open_jobs: openJobs };
}

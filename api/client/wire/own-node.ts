import { z } from 'zod';
import { amountBase, instant, positiveBase } from './common.ts';
import { nodeJson } from './machine.ts';

export const drainingBody = z.object({ draining: z.boolean() });
export const drainingJson = z.object({ node_id: z.string(), draining: z.boolean() });
export const pausedBody = z.object({ paused: z.boolean() });
export const pausedJson = z.object({ node_id: z.string(), paused: z.boolean() });

/** A node as its owner and its machine see it. */
export const ownNodeJson = nodeJson.extend({
  machine_id: z.string(),
  paused: z.boolean(),
  draining: z.boolean(),
  maintenance: z.boolean(),
  unstaking: z.boolean(),
  unstake_available_at: instant.nullable(),
  banned: z.boolean(),
  /** `overdue` and `unshown` keep it from new jobs. */
  capability: z.enum(['shown', 'due', 'overdue', 'unshown']),
  /** Somebody online would verify its results, or nobody can say at the moment; else it gets no job. */
  is_verifiable: z.boolean(),
});
export const ownNodesJson = z.object({ nodes: z.array(ownNodeJson) });
/** `jobs`: what it holds now. */
export const ownNodeStatusJson = ownNodeJson.extend({ jobs: z.array(z.object({ job_id: z.string(), attempt: z.int() })) });

const earned = { paid_jobs: z.int(), amount_base: amountBase };
export const nodeEarningsJson = z.object({ node_id: z.string(), ...earned, days: z.array(z.object({ day: z.string(), ...earned })) });

export const slashJson = z.object({
  at: instant,
  job_id: z.string(),
  attempt: z.int(),
  outcome: z.enum(['timeout', 'invalid']),
  reason: z.string(),
  amount_base: amountBase,
  percent: z.int(),
  evidence_sha256: z.string().nullable(),
  evidence: z.string().nullable(),
  signature: z.string(),
});
export const slashesJson = z.object({ slashes: z.array(slashJson) });

export const unstakingJson = z.object({
  node_id: z.string(),
  step: z.enum(['locked', 'waitingForJobs', 'withdrawing', 'cancelled']),
  stake_base: amountBase,
  available_at: instant.nullable(),
  open_jobs: z.int(),
});

/** The same `request_id` adds to the stake once, however often it is sent. */
export const topUpBody = z.object({ request_id: z.string().min(1).max(200), amount_base: positiveBase });
export const topUpJson = z.object({ node_id: z.string(), amount_base: amountBase, stake_base: amountBase, signature: z.string() });

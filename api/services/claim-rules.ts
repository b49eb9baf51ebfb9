import { MIN_STAKE_BASE } from '#core/money/split';
import { classesAbleToServe } from '#core/hardware/device-class';
import { NODE_LAYOUT } from '#programs/clients/ts/node-registry';
import { CLAIM_LAPSES_AFTER_MS, type OpenAttempt } from '#db/postgres/attempts';
import { capabilityRefusal, measuredOf, standingOf } from '#core/node/capability';
import type { JobAttemptRow, JobRow, NodeRow } from '#db/postgres/database';

export interface ClaimFacts {
  readonly node: NodeRow;
  readonly job: JobRow;
  readonly attempt: JobAttemptRow | null;
  /** The attempt number that the node names. */
  readonly claimed: number;
  /** Other attempts of this node that have no outcome yet. */
  readonly others: readonly Pick<OpenAttempt, 'completedAt' | 'amountBase'>[];
  /** A node of a smaller class, which is large enough, is free for this job. */
  readonly smallerIsFree: boolean;
  /** This node had an earlier attempt of the job, and there are others that could do it. */
  readonly othersFirst: boolean;
}

/** So long a node is passed over that had the job before and did not end it, where there are others. */
const OTHERS_FIRST_MS = 60_000;
/** So long an attempt is left to the smallest class that is large enough; then every larger one may have it. */
const SMALLER_FIRST_MS = 5_000;

/** Why a node may not have an attempt; null where it may. The order is from the job's side to the node's. */
export function refusalOf({ node, job, attempt, claimed, others, smallerIsFree, othersFirst }: ClaimFacts): string | null {
  if (job.attempt !== claimed || attempt === null) return `attempt ${claimed} is not the job's current one`;
  if (attempt.closedAt !== null) return 'the attempt is closed';
  if (attempt.nodeId === node.id) return null;
  const lapsed = attempt.assignedAt === null && (attempt.claimedAt?.getTime() ?? 0) < Date.now() - CLAIM_LAPSES_AFTER_MS;
  if (attempt.nodeId !== null && !lapsed) return 'another node has it';
  if (job.state !== 'ESCROWED') return `the job is ${job.state}`;
  if (job.deadlineAt.getTime() - job.estimatedDurationMs <= Date.now()) return 'too little time is left before the deadline';
  if (node.ownerId === job.userId) return 'nobody may work for themselves';
  const refusal = capabilityRefusal(standingOf(node, Date.now()));
  const nodeClass = measuredOf(node)?.deviceClass ?? node.deviceClass;
  if (!classesAbleToServe(job.deviceClass).includes(nodeClass)) return `the node is of class ${nodeClass}, the job needs ${job.deviceClass}`;
  if (node.banned) return 'the node is banned';
  if (node.paused) return 'the node is paused';
  if (node.draining) return 'the node is draining';
  if (node.maintenance) return 'the node is under maintenance';
  if (node.unstaking) return 'the node is unstaking';
  if (node.stakeBase < MIN_STAKE_BASE) return 'the stake is below 100 CYXWIZ';
  if (node.state !== 'ACTIVE') return `the node is ${node.state}`;
  if (refusal !== null) return refusal;
  if (node.pricePerHourBase > job.pricePerHourBase) return 'the node asks for more than the quote allows';
  if (others.some(({ completedAt }) => completedAt === null)) return 'the node holds another job';
  // The chain bounds a node's open escrows by its stake, and their number: those count whose verdict is still to come.
  const atRiskBase = others.reduce((sum, { amountBase }) => sum + amountBase, job.amountBase);
  if (node.stakeBase < atRiskBase) return 'the stake is below the escrows that are open with this one';
  if (others.length >= NODE_LAYOUT.openSlots) return 'too many of its results wait for their verdict';
  if (othersFirst && attempt.openedAt.getTime() > Date.now() - OTHERS_FIRST_MS) return 'the node had this job before, so others are asked first';
  if (smallerIsFree && attempt.openedAt.getTime() > Date.now() - SMALLER_FIRST_MS) return 'a smaller device is asked first';
  return null;
}

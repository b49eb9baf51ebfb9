import type { NodeStatus, Slash } from '#api/client/node-types';
import { formatCyxwiz } from '#core/money/amount';
import { MIN_STAKE_BASE } from '#core/money/split';

const amount = (base: bigint): string => `${formatCyxwiz(base)} CYXWIZ`;

/** What a provider wants to know of a node, and what to do about it. */
export function statusLines(node: NodeStatus, slashes: readonly Slash[], localPid: number | null | undefined): string[] {
  const heard = node.lastSeenAt === null ? 'never heard' : `last heard ${node.lastSeenAt.toISOString()}`;
  return [
    `Node ${node.nodeId}  ${node.state}  ${node.deviceClass}  ${amount(node.pricePerHourBase)} an hour`,
    `  ${heard}${processWords(localPid)}`,
    `  stake ${amount(node.stakeBase)}; ${node.totalJobs} jobs, ${node.successful} of them good`,
    ...node.jobs.map(({ jobId, attempt }) => `  works on job ${jobId}, attempt ${attempt}`),
    ...whyNoJobs(node).map((line) => `  ${line}`),
    ...slashes.flatMap(slashLines),
  ];
}

function processWords(pid: number | null | undefined): string {
  if (pid === undefined) return '';
  return pid === null ? '; not running here (cyxwiz node start)' : `; runs here as process ${pid}`;
}

type Facts = Pick<NodeStatus, 'banned' | 'paused' | 'draining' | 'maintenance' | 'unstaking' | 'unstakeAvailableAt' | 'stakeBase' | 'capability' | 'isVerifiable'>;

/** Every reason for which it takes no new job, each with what would change it. */
export function whyNoJobs(node: Facts): string[] {
  if (node.banned) return ['banned for good after repeated failures'];
  const until = node.unstakeAvailableAt === null ? 'until its jobs have ended' : `until ${node.unstakeAvailableAt.toISOString()} at least`;
  return [
    ...(node.paused ? ['paused: it takes no new job (cyxwiz node resume)'] : []),
    ...(node.draining ? ['drained: it hands back what it has and takes no new job (cyxwiz node resume)'] : []),
    ...(node.maintenance ? ['its machine is under maintenance: end that on the website’s page of machines'] : []),
    ...(node.unstaking ? [`unstaking: the stake is locked ${until}, and it takes no new job (cyxwiz node unstake --cancel)`] : []),
    ...(node.stakeBase < MIN_STAKE_BASE ? [`its stake is below ${amount(MIN_STAKE_BASE)}, so it gets no jobs (cyxwiz node top-up ${formatCyxwiz(MIN_STAKE_BASE - node.stakeBase)})`] : []),
    ...capabilityLines(node),
    ...(node.isVerifiable ? [] : ['nobody verifies results of its class and processor at the moment, so it gets no jobs until somebody does']),
  ];
}

/** Both go away by themselves, where the node can do what its class asks for. */
function capabilityLines({ capability }: Facts): string[] {
  const again = 'it does so by itself while it runs and has no job: end what else keeps its machine busy (cyxwiz node start, cyxwiz node logs)';
  if (capability === 'overdue') return [`it has to show again what it can do, and gets no jobs before; ${again}`];
  return capability === 'unshown' ? [`it has not shown what it can do, or failed to the last time, and gets no jobs before; ${again}`] : [];
}

function slashLines({ at, amountBase, percent, reason, jobId, attempt, evidence, evidenceHashHex, signature }: Slash): string[] {
  return [
    `  slashed ${amount(amountBase)} (${percent} %) at ${at.toISOString()}: ${reason}`,
    `    job ${jobId}, attempt ${attempt}; transaction ${signature}`,
    ...(evidence === null ? [] : [`    evidence with SHA-256 ${evidenceHashHex ?? ''}, as on chain: ${evidence}`]),
  ];
}

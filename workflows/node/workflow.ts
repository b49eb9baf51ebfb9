import { condition, continueAsNew, log, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { baseFromString, formatCyxwiz } from '#core/money/amount';
import { eventBetween } from '#core/node/machine';
import { type NodeInput, type NodeReport, type NodeResult, nodeChangedSignal, type NodeStatus, nodeStatusQuery } from './messages.ts';

/** A node of which nothing is heard goes on in a new run now and then, and so under the newest code. */
const RENEW_AFTER = '30 d';

/**
 * A node's life, for operators: what it is, since when, and what became of it. It hears of changes alone, from the sweep
 * that compares every node with what its workflow was last told; so a report that is lost is made up for, and history
 * does not grow with heartbeats. It ends with the node's stake: withdrawn, or lost to a ban.
 */
export async function nodeWorkflow({ nodeId, life, maxEvents }: NodeInput): Promise<NodeResult> {
  let status: NodeStatus | null = life ?? null;
  let outcome: NodeResult['outcome'] | null = null;
  setHandler(nodeStatusQuery, () => status);
  setHandler(nodeChangedSignal, (report) => {
    status = after(status, report);
    outcome = report.banned ? 'banned' : baseFromString(report.stakeBase) === 0n ? 'withdrawn' : null;
    setCurrentDetails(wordsOf(status, outcome));
  });
  if (status !== null) setCurrentDetails(wordsOf(status, null));

  const isLong = (): boolean => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= (maxEvents ?? Infinity);
  await condition(() => outcome !== null || isLong(), RENEW_AFTER, { summary: 'until the node changes' });
  // Handlers do not wait for anything, so none is cut short here.
  if (outcome !== null && status !== null) return { ...(status), outcome };
  return continueAsNew<typeof nodeWorkflow>({ nodeId, ...(status === null ? {} : { life: status }), ...(maxEvents === undefined ? {} : { maxEvents }) });
}

function after(before: NodeStatus | null, { state, atMs, stakeBase, totalJobs, successful, lastSlash }: NodeReport): NodeStatus {
  if (before !== null && before.state !== state && eventBetween(before.state, state) === null) {
    // No fault: what happened between two looks of the sweep is not told.
    log.info('the node changed more than once between two reports', { from: before.state, to: state });
  }
  return { state, sinceMs: before?.state === state ? before.sinceMs : atMs, stakeBase, jobsDone: totalJobs, successful, lastSlash };
}

function wordsOf({ state, sinceMs, stakeBase, jobsDone, successful, lastSlash }: NodeStatus, outcome: NodeResult['outcome'] | null): string {
  const cyxwiz = (base: string): string => `${formatCyxwiz(baseFromString(base))} CYXWIZ`;
  const slashed = lastSlash === null ? '' : ` Last slashed at ${new Date(lastSlash.atMs).toISOString()}, ${cyxwiz(lastSlash.amountBase)}: ${lastSlash.reason}.`;
  const end = outcome === null ? '' : ` Its life ended: ${outcome}.`;
  return `**${state}** since ${new Date(sinceMs).toISOString()}; stake ${cyxwiz(stakeBase)}; ${jobsDone} jobs, ${successful} of them good.${slashed}${end}`;
}

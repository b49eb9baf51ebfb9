import { condition, defineUpdate, proxyActivities, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import { nodeQueue } from '#temporal/contract/queues';
import { CHAIN, CLAIM, DATABASE, NODE_RUN, VERIFY } from '#temporal/contract/retry';
import {
  BARE_CAPABILITY_QUEUE,
  BARE_PLATFORM_QUEUE,
  BARE_UPDATE,
  BARE_VERIFIER_QUEUE,
  type BareChainActivities,
  type BareInput,
  type BareLocalActivities,
  type BareNodeActivities,
  type BareVerifierActivities,
} from './bare-contract.ts';

const local = proxyLocalActivities<BareLocalActivities>(DATABASE);
const chain = proxyActivities<BareChainActivities>({ ...CHAIN, taskQueue: BARE_PLATFORM_QUEUE });
const offer = proxyActivities<BareNodeActivities>({ ...CLAIM, taskQueue: BARE_CAPABILITY_QUEUE });
const verifier = proxyActivities<BareVerifierActivities>({ ...VERIFY, taskQueue: BARE_VERIFIER_QUEUE });
const submitBare = defineUpdate<string, [BareInput]>(BARE_UPDATE);

/**
 * The skeleton of `trainingJobWorkflow` where all goes well: one update-with-start, seven local and eight remote
 * activities on the same kinds of queues with the same options. It has no database, chain, search attributes, deadline
 * timer, cancellation or compensation: what those cost is what the comparison shows.
 */
export async function bareWorkflow(input: BareInput): Promise<string> {
  const record = (step: string): Promise<void> => local.record({ ...input, step });
  let isSubmitted = false;
  setHandler(submitBare, () => {
    isSubmitted = true;
    return 'QUEUED';
  });
  await condition(() => isSubmitted);
  await record('accept');
  await chain.lockEscrow(input);
  await record('locked');
  await record('plan');
  const { nodeId } = await offer.claimJob(input);
  await chain.assignNode(input);
  await record('assigned');
  const node = proxyActivities<BareNodeActivities>({ ...NODE_RUN, taskQueue: nodeQueue(nodeId), startToCloseTimeout: '10 min' });
  await node.startTraining(input);
  await record('running');
  await node.awaitTraining(input);
  await chain.commitResult(input);
  await verifier.verifyResult(input);
  await chain.releasePayment(input);
  await record('paid');
  await record('completed');
  return 'COMPLETED';
}

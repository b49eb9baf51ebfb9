import type { Job, StoredDataset } from '#api/client/node';
import type { Config } from '#core/config/config';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import type { Story } from './follow.ts';
import type { Balances } from './money.ts';
import type { NodeInfo } from './platform.ts';

export interface Facts {
  readonly job: Job;
  readonly story: Story;
  readonly dataset: StoredDataset;
  readonly model: { cid: string; file: string; testAccuracy: number };
  readonly node: NodeInfo;
  readonly before: Balances;
  readonly after: Balances;
  readonly stackReadyMs: number;
  readonly quoteMs: number;
}

const texts = (balances: Balances): Record<string, string> =>
  Object.fromEntries(Object.entries(balances).map(([name, base]) => [name, (base as bigint).toString()]));

/** The report of `--json`. Times are milliseconds as measured by the platform's own events. */
export function reportOf(config: Config, facts: Facts): Record<string, unknown> {
  const { job, story, dataset, node } = facts;
  const transfer = (purpose: string) => job.transfers.find((candidate) => candidate.purpose === purpose);
  return {
    ok: true,
    jobId: job.jobId,
    workflowId: job.workflowId,
    state: job.state,
    states: job.states.map(({ state, at }) => ({ state, at: at.toISOString() })),
    dataset: { cid: dataset.cid, samples: dataset.samples, sizeBytes: dataset.sizeBytes },
    model: facts.model,
    escrow: {
      programId: JOB_ESCROW_PROGRAM_ID.toBase58(),
      address: job.escrowAddress,
      lockedBase: job.amountBase.toString(),
      nodeBase: transfer('node-payout')?.amountBase.toString(),
      platformBase: transfer('platform-fee')?.amountBase.toString(),
      createSignature: transfer('escrow-lock')?.signature,
      releaseSignature: transfer('node-payout')?.signature,
    },
    node: { id: node.nodeId, account: node.account, stakeBase: node.stakeBase.toString() },
    balances: { before: texts(facts.before), after: texts(facts.after) },
    timingsMs: { stackReady: facts.stackReadyMs, quote: facts.quoteMs, ...timesOf(job, story) },
    endpoints: endpointsOf(config),
  };
}

export function endpointsOf(config: Config): Record<string, string> {
  return {
    web: config.publicUrls.web,
    grpc: config.publicUrls.grpc,
    temporalAddress: config.temporal.address,
    temporalUi: config.publicUrls.temporalUi,
    solanaRpc: config.solanaRpcUrl,
    postgres: config.databaseUrl.replace(/:\/\/[^@]*@/, '://'),
    mongo: config.mongodbUri.replace(/:\/\/[^@]*@/, '://'),
  };
}

function timesOf(job: Job, story: Story): Record<string, number | null> {
  const at = (state: string): number | undefined => job.states.find((change) => change.state === state)?.at.getTime();
  const between = (from: number | undefined, to: number | undefined): number | null => (from === undefined || to === undefined ? null : to - from);
  return {
    submitToEscrowed: between(at('CREATED'), at('ESCROWED')),
    escrowedToAssigned: between(at('ESCROWED'), at('ASSIGNED')),
    assignedToFirstStep: between(at('ASSIGNED'), story.firstProgressAt?.getTime()),
    training: between(story.firstProgressAt?.getTime(), story.lastProgressAt?.getTime()),
    checkMetric: between(story.committedAt?.getTime(), story.verifiedAt?.getTime()),
    settle: between(story.verifiedAt?.getTime(), at('COMPLETED')),
  };
}

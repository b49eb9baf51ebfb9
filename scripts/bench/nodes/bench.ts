import { createCleanUp } from '../job/clean-up.ts';
import { startNoopNodes } from '../job/noop-nodes.ts';
import { startNoopVerifier, startPlatform, type JobParts } from '../job/platform.ts';
import { quietRuntime } from '../job/runtime.ts';
import type { Findings, Say } from '../report.ts';
import { measureFleet } from './fleet.ts';
import { measureCrowd } from './crowd.ts';

export interface NodesBenchSizes {
  readonly nodes: number;
  /** Of both customers together. */
  readonly jobs: number;
  readonly trainMs: number;
  /** Nodes whose heartbeats are simulated. */
  readonly fleet: number;
  readonly seconds: number;
  readonly rounds: number;
}

const NOTES = [
  'the nodes are registered, staked and connected like any other and claim, start and report through gateway and NodeService; their training is time that passes, and their verifier is a no-op',
  'of the fleet only the heartbeats are real: but for those of above, its nodes are rows in the database, without stake, workflow or account on chain',
];

/** Many nodes and jobs of two customers, then the heartbeats of a fleet. */
export async function benchNodes(sizes: NodesBenchSizes, say: Say): Promise<Findings> {
  quietRuntime();
  const parts = await startPlatform(say);
  try {
    const { nodeIds, ...crowd } = await withNodes(parts, sizes, say);
    const fleet = await measureFleet(parts, nodeIds, sizes, say);
    return { results: [...crowd.results, ...fleet.results], notes: [...NOTES, ...crowd.notes, ...fleet.notes] };
  } finally {
    await parts.close();
  }
}

async function withNodes(parts: JobParts, sizes: NodesBenchSizes, say: Say): Promise<Findings & { nodeIds: readonly string[] }> {
  const cleanUp = createCleanUp();
  try {
    say(`registering ${sizes.nodes} nodes`);
    const verifier = await startNoopVerifier(parts);
    cleanUp.add(() => verifier.stop());
    const nodes = await startNoopNodes({ config: parts.stack.config, modelCid: parts.datasetCid, count: sizes.nodes, trainMs: sizes.trainMs }, cleanUp);
    return { ...(await measureCrowd(parts, nodes, sizes, say)), nodeIds: nodes.nodeIds };
  } finally {
    await cleanUp.run();
  }
}

import { patchNode } from '#db/postgres/nodes';
import type { Findings, Say } from '../report.ts';
import { startBare } from './bare.ts';
import { createCleanUp } from './clean-up.ts';
import { measureLatency } from './latency.ts';
import { startNoopNodes } from './noop-nodes.ts';
import { startNoopVerifier, startPlatform, type JobParts } from './platform.ts';
import { quietRuntime } from './runtime.ts';
import { measureThroughput } from './throughput.ts';
import { measureTraining } from './training.ts';

export interface JobBenchSizes {
  readonly pairs: number;
  readonly rounds: number;
  /** In each round. */
  readonly jobs: number;
  readonly inFlight: number;
  readonly nodes: number;
  readonly trainings: number;
  readonly epochs: number;
}

const NOTES = [
  'in the no-op rows the nodes claim, start and report through gateway and NodeService but train nothing, and the verifier is a no-op: what is measured is orchestration, chain and ledger',
  'the bare workflow has one update-with-start, 7 local and 8 remote no-op activities on the same kinds of queues of the same server, its nodes without a gateway; it has no database, chain, timers or search attributes',
  'activities’ times are from their start on a worker to their completion in the history',
];

/** The paid training job against the same server's bare workflow and the same training outside a job. */
export async function benchJob(sizes: JobBenchSizes, say: Say): Promise<Findings> {
  quietRuntime();
  const parts = await startPlatform(say);
  try {
    const orchestration = await measureOrchestration(parts, sizes, say);
    const training = await measureTraining(parts, sizes, say);
    return { results: [...orchestration.results, ...training.results], notes: [...NOTES, ...orchestration.notes, ...training.notes] };
  } finally {
    await parts.close();
  }
}

async function measureOrchestration(parts: JobParts, sizes: JobBenchSizes, say: Say): Promise<Findings> {
  const cleanUp = createCleanUp();
  try {
    say(`registering ${sizes.nodes} no-op nodes`);
    const verifier = await startNoopVerifier(parts);
    cleanUp.add(() => verifier.stop());
    const nodes = await startNoopNodes({ config: parts.stack.config, modelCid: parts.datasetCid, count: sizes.nodes }, cleanUp);
    const bare = await startBare(parts, sizes.nodes, cleanUp);
    const latency = await measureLatency(parts, nodes, bare, sizes.pairs, say);
    const throughput = await measureThroughput(parts, bare, sizes, say);
    // From here on they are gone: nobody is to wait for them or to be quoted their price.
    for (const nodeId of nodes.nodeIds) await patchNode(parts.postgres.db, nodeId, { paused: true });
    return { results: [...latency, ...throughput.results], notes: throughput.notes };
  } finally {
    await cleanUp.run();
  }
}

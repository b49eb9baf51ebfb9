import { join } from 'node:path';
import type { Keypair } from '@solana/web3.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { loadKeypair } from '#activities/platform/chain/keypair';
import { createWorld, type World } from '#activities/platform/testing/world';
import { BEAT_MS, recordBeat } from '#db/postgres/beats';
import { temporaryStack } from '#scripts/test/temporary-stack';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { DEVICE_CLASS, JOB_STATE, NODE_ID, USER_ID } from '#temporal/contract/search-attributes';
import { bundleWorkflows } from './histories.ts';

/** The platform's worker on a real database and a real localnet, under a server whose clock skips waits. */
export interface TestPlatform {
  readonly env: TestWorkflowEnvironment;
  readonly world: World;
  /** Runs another worker until the platform is closed. */
  alsoRun(taskQueue: string, activities: object): Promise<void>;
  close(): Promise<void>;
}

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/**
 * To start workflows with. A clock that skips may run on to the next timer when a workflow ends, and without this that
 * is the server's own limit: ten years ahead, where no chain takes a transaction any more.
 */
export const RUN_TIMEOUT = '2 h';

/** `activitiesOf` makes what the platform's worker runs; the faucet mints test tokens. */
export async function startTestPlatform(testServer: string, activitiesOf: (world: World, faucet: Keypair) => object): Promise<TestPlatform> {
  // The draw waits for a later slot; here that is skipped like every other wait.
  process.env['CYXWIZ_LOCALNET_ALLOW_WARP'] = 'true';
  const stack = await temporaryStack(['postgres', 'localnet']);
  const world = await createWorld(stack.stack.config);
  const faucet = loadKeypair(join(stack.stack.config.keysDir, 'faucet.json'));
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: testServer } } });
  // The test server knows no search attributes until it is told; 2 = Keyword.
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries([JOB_STATE, USER_ID, DEVICE_CLASS, NODE_ID].map((key) => [key.name, 2])),
  });
  // An edge that has been up for long: silence of a node is the node's own.
  const beat = setInterval(() => void recordBeat(world.postgres.db, 'edge', new Date(0)).catch(() => undefined), BEAT_MS);
  await recordBeat(world.postgres.db, 'edge', new Date(0));
  const workers: Worker[] = [];
  const running: Promise<void>[] = [];
  const run = (worker: Worker): void => {
    workers.push(worker);
    running.push(worker.run());
  };
  const workflowBundle = await (bundle ??= bundleWorkflows());
  run(await Worker.create({ connection: env.nativeConnection, taskQueue: PLATFORM_QUEUE, workflowBundle, activities: activitiesOf(world, faucet) }));
  return {
    env,
    world,
    alsoRun: async (taskQueue, activities) => run(await Worker.create({ connection: env.nativeConnection, taskQueue, activities })),
    close: async () => {
      clearInterval(beat);
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await world.close();
      await env.teardown();
      await stack.remove();
    },
  };
}

/** An activity whose first answer never arrives although its work is done: what a worker that dies at that moment leaves. */
export function answerLostOnce<Input, Output>(activity: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
  let lost = false;
  return async (input) => {
    const output = await activity(input);
    if (lost) return output;
    lost = true;
    throw new Error('the worker died before it could answer');
  };
}

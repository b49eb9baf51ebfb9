import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { parseConfig } from '#core/config/config';
import { BARE_PLATFORM_QUEUE, type BareChainActivities, type BareLocalActivities } from './bare-contract.ts';
import { connectDirectly, quietRuntime } from './runtime.ts';

const nothing = async (): Promise<void> => undefined;
const activities: BareLocalActivities & BareChainActivities = {
  record: nothing,
  lockEscrow: nothing,
  assignNode: nothing,
  commitResult: nothing,
  releasePayment: nothing,
};

/** What `workers/platform.ts` is to the platform: the same worker options, in a process of its own. Ends with its input. */
export async function runBareWorker(env: NodeJS.ProcessEnv): Promise<void> {
  quietRuntime();
  const { temporal } = parseConfig(env);
  const connection = await connectDirectly(temporal.address);
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: BARE_PLATFORM_QUEUE,
    workflowsPath: fileURLToPath(new URL('./bare-workflow.ts', import.meta.url)),
    activities,
    shutdownGraceTime: '5 s',
    maxCachedWorkflows: 500,
  });
  const running = worker.run();
  process.stdout.write('{"ready":"bare-worker"}\n');
  process.stdin.resume();
  await Promise.race([once(process.stdin, 'end'), running]);
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await running;
  await connection.close();
}

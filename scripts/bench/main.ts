// `npm run bench -- NAME --json FILE`: measures this machine against the goals. Exit 0 also where a goal is missed (the
// report says so); exit 1 where something could not be measured.
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { describe, measureMachine, type Findings, type Report, type Say } from './report.ts';

const say: Say = (line) => void process.stderr.write(`${line}\n`);

async function report(name: string, json: string | undefined, measure: () => Promise<Findings>): Promise<void> {
  const machine = measureMachine();
  const at = new Date().toISOString();
  const findings: Report = { name, at, machine, ...(await measure()) };
  if (json !== undefined) await writeFile(resolve(json), `${JSON.stringify(findings, null, 2)}\n`);
  for (const line of describe(findings)) say(line);
}

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is not a whole number above 0`);
  return value;
};

const program = new Command('npm run bench --').description('Measures the platform on this machine.');

program
  .command('job')
  .description('the paid training job: submit, start, throughput, training speed')
  .option('--json <file>', 'write the report as JSON')
  .option('--pairs <n>', 'submissions one at a time, each beside one of the bare workflow', count, 50)
  .option('--rounds <n>', 'rounds of many jobs at once', count, 3)
  .option('--jobs <n>', 'jobs in each round', count, 60)
  .option('--in-flight <n>', 'jobs at once in a round', count, 20)
  .option('--nodes <n>', 'no-op nodes; fewer than are in flight make jobs wait', count, 24)
  .option('--trainings <n>', 'pairs of trainings', count, 5)
  .option('--epochs <n>', 'epochs of each training', count, 3)
  .action(async ({ json, ...sizes }: { json?: string } & import('./job/bench.ts').JobBenchSizes) => {
    const { benchJob } = await import('./job/bench.ts');
    await report('job', json, () => benchJob(sizes, say));
  });

program
  .command('train')
  .description('training speed of the engine beside tf.function, Keras fit and eager TensorFlow.js')
  .option('--json <file>', 'write the report as JSON')
  .option('--rounds <n>', 'rounds in which each takes one turn', count, 7)
  .option('--turn-ms <n>', 'about how long a turn of tf.function takes', count, 1_000)
  .option('--threads <n>', 'of TensorFlow in every process', count, availableParallelism())
  .option('--models <name...>', 'of MLP, LeNet, small ResNet, LSTM', [])
  .option('--batch-sizes <n...>', 'samples a step', ['64', '256'])
  .option('--python <path>', 'an interpreter that imports TensorFlow 2.15; else one is set up')
  .action(async ({ json, batchSizes, ...sizes }: { json?: string; batchSizes: string[] } & Omit<import('./train/bench.ts').TrainBenchSizes, 'batchSizes'>) => {
    const { benchTrain } = await import('./train/bench.ts');
    await report('train', json, () => benchTrain({ ...sizes, batchSizes: batchSizes.map(count) }, process.env, say));
  });

program
  .command('http')
  .description('login, job list and job page under load, beside a bare Fastify + Remix page')
  .option('--json <file>', 'write the report as JSON')
  .option('--rounds <n>', 'rounds in which each takes one turn', count, 7)
  .option('--seconds <n>', 'of a turn of a page', count, 5)
  .option('--connections <n>', 'at once', count, 10)
  .option('--logins <n>', 'in each round', count, 100)
  .action(async ({ json, ...sizes }: { json?: string } & import('./http/bench.ts').HttpBenchSizes) => {
    const { benchHttp } = await import('./http/bench.ts');
    await report('http', json, () => benchHttp(sizes, say));
  });

program
  .command('nodes')
  .description('many nodes and two customers: fairness, claims; and the heartbeats of a large fleet')
  .option('--json <file>', 'write the report as JSON')
  .option('--nodes <n>', 'simulated nodes that do everything but train', count, 50)
  .option('--jobs <n>', 'of both customers together', count, 500)
  .option('--train-ms <n>', 'how long each job occupies its node', count, 8_000)
  .option('--fleet <n>', 'nodes whose heartbeats are simulated', count, 10_000)
  .option('--seconds <n>', 'for which the fleet beats', count, 60)
  .option('--rounds <n>', 'of heartbeats as fast as they go, beside the bare statement', count, 7)
  .action(async ({ json, ...sizes }: { json?: string } & import('./nodes/bench.ts').NodesBenchSizes) => {
    const { benchNodes } = await import('./nodes/bench.ts');
    await report('nodes', json, () => benchNodes(sizes, say));
  });

program
  .command('gateway')
  .description('what the providers’ gateway adds to an activity and to single calls')
  .option('--json <file>', 'write the report as JSON')
  .option('--pairs <n>', 'workflows, each beside one whose worker is connected to Temporal itself', count, 60)
  .option('--activities <n>', 'of each workflow, one after the other', count, 10)
  .option('--calls <n>', 'pairs of each single call', count, 1_000)
  .action(async ({ json, ...sizes }: { json?: string } & import('./gateway/bench.ts').GatewayBenchSizes) => {
    const { benchGateway } = await import('./gateway/bench.ts');
    await report('gateway', json, () => benchGateway(sizes, say));
  });

// Started by the gateway bench itself.
program.command('gateway-process', { hidden: true }).action(async () => {
  const { runBenchGateway } = await import('./gateway/process.ts');
  await runBenchGateway(process.env);
});

// Started by the HTTP bench itself.
program.command('hello-peer <build>', { hidden: true }).action(async (build: string) => {
  const { serveHello } = await import('./http/hello/server.ts');
  await serveHello(build);
});

// Started by the train bench itself: each contestant has a process of its own.
program.command('train-contestant <which> <threads>', { hidden: true }).action(async (which: string, threads: string) => {
  const { serveTrainings } = await import('./train/serve.ts');
  if (which === 'eager') {
    const { prepareEager } = await import('./train/eager.ts');
    return serveTrainings(prepareEager);
  }
  const { nodeSide } = await import('../reference/node-side.ts');
  const { prepareOurs } = await import('./train/ours.ts');
  return serveTrainings((request) => prepareOurs(nodeSide(count(threads)).backend, request));
});

// Started by the job bench itself, so that the bare workflow's worker has a process of its own, as the platform's has.
program.command('bare-worker', { hidden: true }).action(async () => {
  const { runBareWorker } = await import('./job/bare-worker.ts');
  await runBareWorker(process.env);
});

try {
  await program.parseAsync(process.argv);
  process.exit(0);
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { freePorts } from '#scripts/stack/free-ports';
import { startTestTemporal, type TestTemporal } from '#api/gateway/testing/temporal-server';
import '#scripts/test/provided';
import { buildIdOf, deploymentOf } from '#workers/process';
import { makeCurrentVersion, type DeploymentConnection } from './worker-version.ts';

const QUEUE = 'versioned';
const namespace = 'default';

let dir: string;
let temporal: TestTemporal;
let client: Client;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'builds-'));
  const [port] = await freePorts(1);
  temporal = await startTestTemporal(inject('tools').temporal, port!);
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
});
afterAll(async () => {
  await client.connection.close();
  await temporal.stop();
  rmSync(dir, { recursive: true });
});

/** A build whose workflow waits for a signal and then says which build it ended under. */
async function build(name: string): Promise<{ codePath: string; buildId: string }> {
  const source = join(dir, `${name}.js`);
  writeFileSync(
    source,
    `import { condition, defineSignal, setHandler } from '@temporalio/workflow';
     export async function waiting() { let go = false; setHandler(defineSignal('go'), () => { go = true; }); await condition(() => go); return '${name}'; }`,
  );
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
  const { code } = await bundleWorkflowCode({ workflowsPath: source, logger, webpackConfigHook: (config) => ({ ...config, resolve: { ...config.resolve, modules: [join(process.cwd(), 'node_modules')] } }) });
  const codePath = join(dir, `${name}-bundle.js`);
  writeFileSync(codePath, code);
  return { codePath, buildId: buildIdOf(codePath) };
}

/** What `workers/platform.ts` does with its bundle, for as long as `body` takes. */
async function underBuild<T>({ codePath, buildId }: { codePath: string; buildId: string }, body: () => Promise<T>): Promise<T> {
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({ connection, namespace, taskQueue: QUEUE, workflowBundle: { codePath }, workerDeploymentOptions: deploymentOf(buildId) });
  const running = worker.run();
  try {
    await makeCurrentVersion(connection, { namespace, buildId });
    return await body();
  } finally {
    worker.shutdown();
    await running;
    await connection.close();
  }
}

const start = (workflowId: string) => client.workflow.start('waiting', { workflowId, taskQueue: QUEUE });

it('an open workflow goes on under a restarted and under a newer build, and new ones start there', async () => {
  const [old, newer] = [await build('old'), await build('newer')];
  expect(newer.buildId).not.toBe(old.buildId);
  const [first, second] = await underBuild(old, async () => {
    const handles = [await start('first'), await start('second')] as const;
    await Promise.all(handles.map((handle) => handle.query('__stack_trace')));
    return handles;
  });
  // The same build again: what was open goes on.
  const again = await underBuild(old, async () => {
    await first.signal('go');
    return (await first.result()) as string;
  });
  expect(again).toBe('old');
  const results = await underBuild(newer, async () => {
    await second.signal('go');
    const third = await start('third');
    await third.signal('go');
    return Promise.all([second.result(), third.result()]);
  });
  expect(results).toEqual(['newer', 'newer']);
});

it('a server that does not take it ends the start in words, and never holds it up', async () => {
  const refusing: DeploymentConnection = {
    withDeadline: (_deadline, run) => run(),
    workflowService: { setWorkerDeploymentCurrentVersion: () => Promise.reject(new Error('unknown method')) } as never,
  };
  await expect(makeCurrentVersion(refusing, { namespace, buildId: 'b' })).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('CYXWIZ_WORKER_VERSIONING=false') });

  // Takes connections and never answers.
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const connection = Connection.lazy({ address: `127.0.0.1:${(mute.address() as { port: number }).port}` });
  const startedMs = performance.now();
  await expect(makeCurrentVersion(connection, { namespace, buildId: 'b' }, 1_000)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(performance.now() - startedMs).toBeLessThan(12_000);
  await connection.close();
  mute.close();
}, 20_000);

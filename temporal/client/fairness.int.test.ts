import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { openDataConverter } from '../codec/data-converter.ts';
import { createTemporalClient } from './connect.ts';

let client: Awaited<ReturnType<typeof createTemporalClient>>;
let connection: NativeConnection;
const { temporal } = parseConfig(inject('stackEnv'));
const dataConverter = openDataConverter(temporal.privacy);

beforeAll(async () => {
  client = await createTemporalClient(temporal);
  connection = await NativeConnection.connect({ address: temporal.address });
});
afterAll(async () => {
  await connection.close();
  await client.connection.close();
});

it('lets the customers of a queue take turns, however many tasks one of them put there first', async () => {
  const taskQueue = `turns-${randomUUID()}`;
  const taken: string[] = [];
  const take = async ({ customer }: { customer: string }): Promise<void> => {
    taken.push(customer);
    await delay(50);
  };
  const workflows = await Worker.create({ connection, dataConverter, taskQueue, workflowsPath: fileURLToPath(new URL('./testing/turns-workflow.ts', import.meta.url)) });
  const running = workflows.run();
  const start = (customer: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => client.workflow.start('turnsWorkflow', { workflowId: randomUUID(), taskQueue, args: [{ taskQueue: `${taskQueue}-tasks`, customer }] })));
  const handles = [...(await start('first', 30))];
  // All of them wait in the queue before the other customer comes.
  await delay(1_000);
  handles.push(...(await start('later', 10)));
  await delay(1_000);
  const tasks = await Worker.create({ connection, dataConverter, taskQueue: `${taskQueue}-tasks`, activities: { take }, maxConcurrentActivityTaskExecutions: 1 });
  const working = tasks.run();
  await Promise.all(handles.map((handle) => handle.result()));
  for (const worker of [workflows, tasks]) worker.shutdown();
  await Promise.all([running, working]);
  expect(taken).toHaveLength(40);
  // Strictly by turns is 20; in the order of their coming it is 40.
  expect(taken.lastIndexOf('later') + 1).toBeLessThanOrEqual(24);
}, 60_000);

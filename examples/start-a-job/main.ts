import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { openDataConverter } from '#temporal/codec/data-converter';

/**
 * An integrator's own program. It needs two addresses, `CYXWIZ_PUBLIC_URL` and `TEMPORAL_ADDRESS`, a dataset's CID with the
 * login of its owner, and the payload keys that the operator has given it (`CYXWIZ_PAYLOAD_KEYS_FILE`): the platform
 * encrypts what it says through Temporal, a job's result too.
 */
interface Integration {
  readonly httpUrl: string;
  readonly temporalAddress: string;
  readonly payloadKeysFile: string;
  readonly token: string;
  readonly specification: unknown;
}

interface Quote {
  readonly quote_id: string;
  readonly amount_base: string;
}

/** `submission` is handed to the workflow as it stands. */
interface Prepared {
  readonly job_id: string;
  readonly workflow_id: string;
  readonly task_queue: string;
  readonly submission: unknown;
}

interface JobResult {
  readonly jobId: string;
  readonly state: string;
  readonly endReason: string;
  readonly modelCid: string | null;
  readonly testAccuracy: number | null;
}

/** Quote, prepare, start the workflow with our own client, wait for its result. */
async function trainOnCyxWiz({ httpUrl, temporalAddress, payloadKeysFile, token, specification }: Integration): Promise<JobResult> {
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const answer = await fetch(`${httpUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const quote = await post<Quote>('/api/quotes', { specification });
  const requestId = randomUUID();
  const prepared = await post<Prepared>('/api/jobs/prepare', {
    request_id: requestId,
    quote_id: quote.quote_id,
    specification,
    budget_base: quote.amount_base,
  });

  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const client = new Client({ connection, dataConverter: openDataConverter({ keysFile: payloadKeysFile }) });
    const startWorkflowOperation = new WithStartWorkflowOperation('trainingJobWorkflow', {
      workflowId: prepared.workflow_id,
      taskQueue: prepared.task_queue,
      args: [{ jobId: prepared.job_id }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    await client.workflow.executeUpdateWithStart('submitJob', { startWorkflowOperation, args: [prepared.submission], updateId: requestId });
    return (await client.workflow.getHandle(prepared.workflow_id).result()) as JobResult;
  } finally {
    await connection.close();
  }
}

/** Run as a program: signs up, waits for the welcome credit, stores two tiny sets and trains on them. */
async function main(): Promise<void> {
  const httpUrl = process.env['CYXWIZ_PUBLIC_URL'] ?? 'http://127.0.0.1:3000';
  const { createCyxWizClient } = await import('#api/client/node');
  const { encodeDataset, selectSamples } = await import('#engine/data/dataset');
  const { loadDigits } = await import('#engine/node/digits');
  const client = createCyxWizClient({
    httpUrl,
    grpcUrl: process.env['CYXWIZ_GRPC_ADDRESS'] ?? '127.0.0.1:50051',
    storageUrl: process.env['CYXWIZ_STORAGE_URL'] ?? 'http://127.0.0.1:7300',
  });
  const name = `integrator-${randomBytes(4).toString('hex')}`;
  const login = await client.auth.register({ email: `${name}@example.com`, username: name, password: randomBytes(18).toString('base64url') });
  while (((await client.wallet())?.balanceBase ?? 0n) === 0n) await delay(200);
  const { training, heldOut } = await loadDigits();
  const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const dataset = await client.data.put({
    train: encodeDataset(selectSamples(training, first(1_000))),
    heldOut: encodeDataset(selectSamples(heldOut, first(200))),
    meta: { name: 'a few digits', samples: 1_000, heldOutSamples: 200, sampleShape: training.shape, classes: training.classes },
  });
  client.close();
  const result = await trainOnCyxWiz({
    httpUrl,
    temporalAddress: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233',
    payloadKeysFile: process.env['CYXWIZ_PAYLOAD_KEYS_FILE'] ?? '.cyxwiz/keys/payload-codec.json',
    token: login.token,
    specification: {
      graph_json: await readFile(new URL('../graphs/digits-cnn.json', import.meta.url), 'utf8'),
      dataset_cid: dataset.cid,
      hyper_parameters: { epochs: 1, batch_size: 50, learning_rate: 0.002, optimizer: 'adam', seed: 1 },
      device_class: 'cpu',
      deadline_ms: 600_000,
    },
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (result.state !== 'COMPLETED') process.exitCode = 1;
}

await main();

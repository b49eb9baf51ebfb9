import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createCyxWizClient, type CyxWizClient } from '#api/client/node';
import { encodeDataset, firstSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { temporaryStack } from '../../test/temporary-stack.ts';

export interface Person {
  readonly username: string;
  readonly password: string;
}

/** The platform with people, one of whom has a job behind them. */
export interface Site {
  readonly url: string;
  readonly people: readonly Person[];
  /** Of the one with the job, as a browser sends it. */
  readonly cookie: string;
  readonly jobId: string;
  close(): Promise<void>;
}

const FUNDED_WITHIN_MS = 60_000;
const SAMPLES = 1_600;

export async function startSite(people: number): Promise<Site> {
  const temporary = await temporaryStack();
  const { publicUrls, storageUrl } = temporary.stack.config;
  const client = createCyxWizClient({ httpUrl: publicUrls.web, grpcUrl: publicUrls.grpc, storageUrl });
  try {
    const persons: Person[] = [];
    for (let index = 0; index < people; index++) persons.push(await register(client));
    // The last one is the one that the client is logged in as.
    const jobId = await trainOnce(client);
    const cookie = await logIn(publicUrls.web, persons[persons.length - 1]!);
    return { url: publicUrls.web, people: persons, cookie, jobId, close: () => temporary.remove() };
  } catch (error) {
    await temporary.remove();
    throw error;
  } finally {
    client.close();
  }
}

async function register(client: CyxWizClient): Promise<Person> {
  const person = { username: `bench-${randomBytes(5).toString('hex')}`, password: randomBytes(18).toString('base64url') };
  await client.auth.register({ email: `${person.username}@example.com`, ...person });
  return person;
}

/** A job page with curves, a money trail and a verdict on it. */
async function trainOnce(client: CyxWizClient): Promise<string> {
  const { training, heldOut } = await loadDigits();
  const [train, held] = [firstSamples(training, SAMPLES), firstSamples(heldOut, 200)];
  const { cid } = await client.data.put({
    train: encodeDataset(train),
    heldOut: encodeDataset(held),
    meta: { name: 'digits', samples: train.samples, heldOutSamples: held.samples, sampleShape: train.shape, classes: train.classes },
  });
  for (const giveUpAtMs = Date.now() + FUNDED_WITHIN_MS; ((await client.wallet())?.balanceBase ?? 0n) === 0n; await delay(200)) {
    if (Date.now() > giveUpAtMs) throw new Error('The wallet did not get its credit within a minute');
  }
  const graphJson = await readFile(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
  const hyperParameters = { epochs: 3, batchSize: 64, learningRate: 0.002, optimizer: 'adam', seed: 1 } as const;
  const specification = { graphJson, datasetCid: cid, hyperParameters, deviceClass: 'cpu', deadlineMs: 10 * 60_000 };
  const { quoteId, amountBase } = await client.quote(specification);
  const { jobId } = await client.submit({ requestId: randomUUID(), quoteId, specification, budgetBase: amountBase });
  for await (const _event of client.follow(jobId)) void _event;
  const { state } = await client.status(jobId);
  if (state !== 'COMPLETED') throw new Error(`The job whose page is to be measured ended ${state}`);
  return jobId;
}

async function logIn(url: string, { username, password }: Person): Promise<string> {
  const answer = await fetch(`${url}/login`, { method: 'POST', redirect: 'manual', headers: { origin: url }, body: new URLSearchParams({ login: username, password }) });
  const [cookie] = answer.headers.getSetCookie();
  if (cookie === undefined) throw new Error(`The login of the measured person was answered ${answer.status}`);
  return cookie.split(';')[0]!;
}

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { CyxWizClient, Specification, StoredDataset, UserView } from '#api/client/node';
import { CyxError } from '#core/errors/cyx-error';
import { BASE_PER_CYXWIZ } from '#core/money/amount';
import { encodeDataset } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { evaluateInChild } from '#engine/node/evaluate-in-child';

const WELCOME_BASE = 1_000n * BASE_PER_CYXWIZ;
const WALLET_WITHIN_MS = 60_000;

/** Signs up a fresh user and waits for the managed wallet with its 1,000 CYXWIZ. */
export async function signUp(client: CyxWizClient): Promise<{ user: UserView; address: string }> {
  const name = `demo-${randomBytes(4).toString('hex')}`;
  const { user } = await client.auth.register({ email: `${name}@example.com`, username: name, password: randomBytes(18).toString('base64url') });
  const giveUpAt = Date.now() + WALLET_WITHIN_MS;
  while (Date.now() < giveUpAt) {
    const wallet = await client.wallet();
    if (wallet !== null && wallet.balanceBase >= WELCOME_BASE) return { user, address: wallet.address };
    await delay(100);
  }
  throw new CyxError('UNAVAILABLE', 'The new wallet did not get its credit within a minute. Look into .cyxwiz/logs/platform.log');
}

export interface Digits {
  readonly dataset: StoredDataset;
  readonly heldOutFile: string;
}

/** Encrypts and stores the digits: 8,000 to train on, 2,000 that no node ever gets the key of. */
export async function storeDigits(client: CyxWizClient, folder: string): Promise<Digits> {
  await mkdir(folder, { recursive: true });
  const { training, heldOut } = await loadDigits();
  const heldOutBytes = encodeDataset(heldOut);
  const dataset = await client.data.put({
    train: encodeDataset(training),
    heldOut: heldOutBytes,
    meta: { name: 'handwritten digits', samples: training.samples, heldOutSamples: heldOut.samples, sampleShape: training.shape, classes: training.classes },
  });
  const heldOutFile = join(folder, 'digits-held-out.safetensors');
  await writeFile(heldOutFile, heldOutBytes);
  return { dataset, heldOutFile };
}

/** A small CNN on the digits, ten minutes at most. */
export async function digitsJob(datasetCid: string): Promise<Specification> {
  return {
    graphJson: await readFile(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8'),
    datasetCid,
    hyperParameters: { epochs: 4, batchSize: 64, learningRate: 0.002, optimizer: 'adam', seed: 42 },
    deviceClass: 'cpu',
    deadlineMs: 10 * 60_000,
  };
}

/** Downloads and decrypts the model, then judges it on the held-out digits on this machine. */
export async function downloadAndJudge(
  client: CyxWizClient,
  options: { jobId: string; folder: string; heldOutFile: string },
): Promise<{ cid: string; file: string; testAccuracy: number }> {
  const file = join(options.folder, `model-${options.jobId}.safetensors`);
  const { cid, stream } = await client.downloadModel(options.jobId);
  await pipeline(Readable.fromWeb(stream as never), createWriteStream(file));
  const evaluation = await evaluateInChild({ modelFile: file, datasetFile: options.heldOutFile });
  return { cid, file, testAccuracy: evaluation.accuracy };
}

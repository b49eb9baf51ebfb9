import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCyxWizClient, type CyxWizClient, type Specification } from '#api/client/node';
import type { Config } from '#core/config/config';
import { encodeDataset, selectSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { SAMPLE_SIZES, type JobShape } from '../plan/plan.ts';

const HELD_OUT_SAMPLES = 200;
const FUNDED_WITHIN_MS = 60_000;

/** Somebody who has models trained. */
export interface ChaosUser {
  readonly userId: string;
  readonly address: string;
  readonly client: CyxWizClient;
  specification(shape: JobShape): Specification;
}

/** Signs users up and stores their datasets: the first digits, in each size. */
export async function signUpUsers(config: Config, count: number): Promise<ChaosUser[]> {
  const graphJson = await readFile(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
  const { training, heldOut } = await loadDigits();
  const first = (samples: number): number[] => Array.from({ length: samples }, (_, index) => index);
  const heldOutBytes = encodeDataset(selectSamples(heldOut, first(HELD_OUT_SAMPLES)));
  const signUp = async (index: number): Promise<ChaosUser> => {
    const client = createCyxWizClient({ httpUrl: config.publicUrls.web, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });
    const name = `chaos-${index}-${randomBytes(4).toString('hex')}`;
    const { user } = await client.auth.register({ email: `${name}@example.com`, username: name, password: randomBytes(18).toString('base64url') });
    const address = await fundedWallet(client);
    const cids = new Map<number, string>();
    for (const samples of SAMPLE_SIZES) {
      const { cid } = await client.data.put({
        train: encodeDataset(selectSamples(training, first(samples))),
        heldOut: heldOutBytes,
        meta: { name: `${samples} digits`, samples, heldOutSamples: HELD_OUT_SAMPLES, sampleShape: training.shape, classes: training.classes },
      });
      cids.set(samples, cid);
    }
    return {
      userId: user.id,
      address,
      client,
      specification: ({ samples, deadlineMs, ...hyperParameters }) => ({ graphJson, datasetCid: cids.get(samples)!, hyperParameters, deviceClass: 'cpu', deadlineMs }),
    };
  };
  return Promise.all(Array.from({ length: count }, (_, index) => signUp(index + 1)));
}

async function fundedWallet(client: CyxWizClient): Promise<string> {
  for (const giveUpAtMs = Date.now() + FUNDED_WITHIN_MS; ; await sleep(100)) {
    const wallet = await client.wallet();
    if (wallet !== null && wallet.balanceBase > 0n) return wallet.address;
    if (Date.now() > giveUpAtMs) throw new Error('A new user got no welcome credit within a minute');
  }
}

import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createCyxWizClient, type CyxWizClient, type StoredDataset } from '#api/client/node';
import { parseConfig, type Config } from '#core/config/config';
import { firstSamples, encodeDataset } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import '#scripts/test/provided';

/** A person of a test, with a program's way in beside the browser's. */
export interface Person {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

/** Where the running platform is. */
export function stackConfig(): Config {
  return parseConfig(inject('stackEnv'));
}

/** Nobody has this name yet. */
export function newPerson(): Person {
  const username = `e2e-${randomUUID().slice(0, 8)}`;
  return { email: `${username}@example.org`, username, password: 'four unrelated words here' };
}

/** The person's own program: what the website has no page for yet is done with it. */
export async function clientOf(person: Person): Promise<CyxWizClient> {
  const { publicUrls, storageUrl } = stackConfig();
  const client = createCyxWizClient({ httpUrl: publicUrls.web, grpcUrl: publicUrls.grpc, storageUrl });
  await client.auth.login({ login: person.username, password: person.password });
  return client;
}

/** Has the platform's own operator give this person the role; that ends the person's sessions. */
export async function makeOperator(person: Person): Promise<void> {
  const { home, publicUrls } = stackConfig();
  const client = await clientOf(person);
  const { id } = await client.auth.me();
  client.close();
  const token = (await readFile(join(home, 'operator.token'), 'utf8')).trim();
  const answer = await fetch(`${publicUrls.web}/api/users/${id}/role`, { method: 'PUT', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ role: 'operator' }) });
  if (!answer.ok) throw new Error(`The role was not given: ${answer.status}`);
}

/** Encrypts and stores some real digits for this person. */
export async function putDigits(client: CyxWizClient, samples: number, name = 'Handwritten digits'): Promise<StoredDataset> {
  const { training, heldOut } = await loadDigits();
  const train = firstSamples(training, samples);
  const held = firstSamples(heldOut, 400);
  return client.data.put({
    train: encodeDataset(train),
    heldOut: encodeDataset(held),
    meta: { name, samples: train.samples, heldOutSamples: held.samples, sampleShape: train.shape, classes: train.classes },
  });
}

/** A file of real digits, as somebody would have it before they store it. */
export async function digitsFile(samples: number): Promise<string> {
  const path = join(stackConfig().home, `digits-${samples}.safetensors`);
  await writeFile(path, encodeDataset(firstSamples((await loadDigits()).training, samples)));
  return path;
}

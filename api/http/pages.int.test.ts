import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createBrowserClient } from '#api/client/client';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { completedJob, newJob, newNode, storedDataset, STORED_CID } from '#api/testing/owned-things';
import { datasets, nodes } from '#db/postgres/schema';

const COUNT = 5;
let platform: AccountPlatform;
let owner: { id: string; token: string };
let other: typeof owner;
const cids = Array.from({ length: COUNT }, (_, index) => `${STORED_CID.slice(0, -1)}${'aeimq'[index]!}`);
let jobIds: string[];
let nodeIds: string[];

beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
  [owner, other] = [await signUp(), await signUp()];
  for (const cid of cids) await storedDataset(platform.deps, owner.id, cid);
  // All of the same millisecond: what comes next is told by the CID.
  await platform.deps.postgres.db.update(datasets).set({ createdAt: new Date() }).where(eq(datasets.ownerId, owner.id));
  jobIds = [];
  for (let made = 0; made < COUNT; made++) jobIds.push(await completedJob(platform.deps, owner.id));
  nodeIds = [];
  for (let made = 0; made < COUNT; made++) nodeIds.push(await newNode(platform.deps, owner.id, `machine-${randomUUID()}`));
}, 120_000);
afterAll(() => platform.close());

async function signUp(): Promise<typeof owner> {
  const { json } = await platform.call('POST', '/api/auth/register', { body: newPerson() });
  return { id: (json['user'] as { id: string }).id, token: json['token'] as string };
}

/** One of a thousand CIDs. */
function cidOf(index: number): string {
  const letters = index.toString().padStart(3, '0').replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!);
  return STORED_CID.slice(0, 20) + letters + STORED_CID.slice(23);
}

type Item = Record<string, unknown>;

/** A list as a program reads it: page by page, to its end. */
async function readPages(list: 'datasets' | 'models' | 'nodes', token: string, pageSize: number): Promise<Item[][]> {
  const pages: Item[][] = [];
  for (let pageToken = ''; pages.length === 0 || pageToken !== ''; ) {
    const { status, json } = await platform.call('GET', `/api/${list}?page_size=${pageSize}&page_token=${pageToken}`, { token });
    expect(status).toBe(200);
    pages.push(json[list] as Item[]);
    pageToken = json['next_page_token'] as string;
  }
  return pages;
}
const idsOf = (pages: Item[][], name: string): unknown[] => pages.flat().map((item) => item[name]);

describe('a list in pages', () => {
  it('has each dataset of one’s own once, also those of one instant', async () => {
    const pages = await readPages('datasets', owner.token, 2);
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(idsOf(pages, 'cid')).toEqual([...cids].reverse());
    expect(await readPages('datasets', other.token, 2)).toEqual([[]]);
  });

  it('has each of one’s models once, the newest first', async () => {
    const pages = await readPages('models', owner.token, COUNT);
    expect(pages).toHaveLength(1);
    expect(idsOf(await readPages('models', owner.token, 2), 'job_id')).toEqual([...jobIds].reverse());
    expect(await readPages('models', other.token, 2)).toEqual([[]]);
  });

  it('has each node once, the oldest first, but none that is not registered yet', async () => {
    const hidden = await newNode(platform.deps, owner.id, `machine-${randomUUID()}`);
    await platform.deps.postgres.db.update(nodes).set({ state: 'UNREGISTERED' }).where(eq(nodes.id, hidden));
    const seen = idsOf(await readPages('nodes', '', 2), 'node_id');
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => [...nodeIds, hidden].includes(id as string))).toEqual(nodeIds);
    expect(await platform.call('GET', `/api/nodes/${hidden}`)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  it('takes no token of somebody else’s list', async () => {
    const { json } = await platform.call('GET', '/api/datasets?page_size=2', { token: owner.token });
    expect(await platform.call('GET', `/api/datasets?page_token=${json['next_page_token'] as string}`, { token: other.token })).toMatchObject({ status: 422, json: { code: 'UNPROCESSABLE' } });
  });

  it('is read to its end by the client that wants all', async () => {
    for (let index = 0; index < 101; index++) await storedDataset(platform.deps, other.id, cidOf(index));
    const client = createBrowserClient({ httpUrl: platform.url, storageUrl: platform.url, token: other.token });
    expect(new Set((await client.data.list()).map(({ cid }) => cid)).size).toBe(101);
  });
});

describe('one thing of a list', () => {
  it('is what the list says of it', async () => {
    for (const [list, name] of [['datasets', 'cid'], ['models', 'job_id'], ['nodes', 'node_id']] as const) {
      const [first] = (await readPages(list, owner.token, 100))[0]!;
      expect(await platform.call('GET', `/api/${list}/${first![name] as string}`, { token: owner.token })).toMatchObject({ status: 200, json: first });
    }
  });

  it('is not there where it belongs to somebody else, is not made yet, or was made up', async () => {
    const open = await newJob(platform.deps, owner.id);
    const asked = [[`/api/models/${open}`, owner], [`/api/models/${jobIds[0]!}`, other], [`/api/datasets/${cids[0]!}`, other], [`/api/nodes/${randomUUID()}`, owner]] as const;
    for (const [path, { token }] of asked) expect([path, (await platform.call('GET', path, { token })).status]).toEqual([path, 404]);
    for (const path of ['/api/models/made-up', '/api/datasets/made-up', '/api/nodes/made-up']) expect([path, (await platform.call('GET', path, { token: owner.token })).json['code']]).toEqual([path, 'INVALID_INPUT']);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { connectMongo, type Mongo } from './connect.ts';
import type { UserDocument } from './documents.ts';
import { countDownload, countModel } from './users.ts';

let mongo: Mongo;
beforeAll(async () => (mongo = await connectMongo({ uri: parseConfig(inject('stackEnv')).mongodbUri })));
afterAll(() => mongo.close());

async function newUser(): Promise<string> {
  const id = randomUUID();
  const rest = { role: 'user', stats: { modelsCreated: 0, downloads: 0 }, countedJobs: [], apiKeys: [], subscription: 'free' } as const;
  await mongo.users.insertOne({ _id: id, username: id, usernameLower: id, createdAt: new Date(), ...rest } satisfies UserDocument);
  return id;
}
const statsOf = async (id: string) => (await mongo.users.findOne({ _id: id }))?.stats;

describe.each([
  { what: 'models that were made', count: countModel, stat: 'modelsCreated', other: 'downloads' },
  { what: 'models that were fetched', count: countDownload, stat: 'downloads', other: 'modelsCreated' },
] as const)('$what', ({ count, stat, other }) => {
  it('are counted once each, however often it is said and at how many places', async () => {
    const [user, bystander] = [await newUser(), await newUser()];
    const [first, second] = [randomUUID(), randomUUID()];
    await Promise.all(Array.from({ length: 5 }, () => count(mongo, user, first)));
    expect(await statsOf(user)).toEqual({ [stat]: 1, [other]: 0 });
    await count(mongo, user, second);
    await count(mongo, user, first);
    expect(await statsOf(user)).toEqual({ [stat]: 2, [other]: 0 });
    expect(await statsOf(bystander)).toEqual({ modelsCreated: 0, downloads: 0 });
  });

  it('of nobody are no error and nobody’s', async () => {
    const id = randomUUID();
    await count(mongo, id, randomUUID());
    expect(await mongo.users.findOne({ _id: id })).toBeNull();
  });
});

import { PublicKey } from '@solana/web3.js';
import { inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { recordNodeHeartbeat, requireNode } from '#db/postgres/nodes';
import { nodes } from '#db/postgres/schema';
import { sweepSilentNodes, writeChainHeartbeats } from './node-sweep.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld(parseConfig(inject('stackEnv')));
});
afterAll(() => world.close());

const lastSeen = async (account: string): Promise<bigint> => (await world.chain.node(new PublicKey(account)))!.lastSeen;

it('writes who was heard on chain, more nodes than fit into one transaction, and nobody else', async () => {
  const since = new Date();
  const made = [];
  for (let index = 0; index < 22; index += 1) made.push(await world.newNode());
  const [silent, ...heard] = made;
  const before = await Promise.all(made.map(({ account }) => lastSeen(account)));
  for (const { nodeId } of heard) await recordNodeHeartbeat(world.postgres.db, nodeId);
  // The chain counts in seconds.
  await new Promise((done) => setTimeout(done, 1_100));
  // Other tests' nodes beat as well.
  expect(await writeChainHeartbeats(world.postgres.db, world.chain, since)).toBeGreaterThanOrEqual(heard.length);
  const after = await Promise.all(made.map(({ account }) => lastSeen(account)));
  expect(after.map((seen, index) => seen > before[index]!)).toEqual([false, ...heard.map(() => true)]);
  expect((await requireNode(world.postgres.db, silent!.nodeId)).lastSeenAt).toBeNull();
}, 60_000);

it('takes a node for OFFLINE after a minute of silence and for INACTIVE after a week', async () => {
  const { db } = world.postgres;
  const { nodeId } = await world.newNode();
  const state = async (): Promise<string> => (await requireNode(db, nodeId)).state;
  const heardBefore = (interval: string) => db.update(nodes).set({ lastSeenAt: sql`now() - ${interval}::interval` }).where(inArray(nodes.id, [nodeId]));
  await heardBefore('59 seconds');
  await sweepSilentNodes(db, new Date());
  expect(await state()).toBe('ACTIVE');
  await heardBefore('61 seconds');
  await sweepSilentNodes(db, new Date());
  expect(await state()).toBe('OFFLINE');
  await heardBefore('6 days 23 hours');
  await sweepSilentNodes(db, new Date());
  expect(await state()).toBe('OFFLINE');
  await heardBefore('7 days 1 second');
  await sweepSilentNodes(db, new Date());
  expect(await state()).toBe('INACTIVE');
  await recordNodeHeartbeat(db, nodeId);
  expect(await state()).toBe('ACTIVE');
});

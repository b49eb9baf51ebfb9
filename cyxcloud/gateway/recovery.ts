import type { ShardKey, ShardListing, StorageNode } from '../node/types.ts';
import { TOTAL_SHARDS } from './erasure.ts';

/** What the nodes hold after a start: the index needs no database, it is rebuilt from their listings. */
export interface Recovered {
  /** Living generation of each CID. */
  readonly objects: ReadonlyMap<string, string>;
  /** Living objects that some nodes do not hold, to be repaired. */
  readonly incomplete: readonly ShardKey[];
}

/**
 * Brings the nodes to one opinion after a crash. A put first makes its shard durable on all nodes, then commits: so
 * one committed shard means that the rest is prepared and may follow, and none means that the put never happened.
 * A tombstone anywhere finishes a delete.
 */
export async function recover(nodes: readonly StorageNode[]): Promise<Recovered> {
  await Promise.all(nodes.map((node) => node.removePartial()));
  const listings = await Promise.all(nodes.map((node) => node.list()));
  const dead = await finishDeletes(nodes, listings);
  const holders = new Map<string, { key: ShardKey; nodes: number }>();
  for (const key of listings.flatMap((listing) => listing.committed)) {
    if (dead.has(idOf(key))) continue;
    const held = holders.get(idOf(key));
    holders.set(idOf(key), { key, nodes: (held?.nodes ?? 0) + 1 });
  }
  for (const [index, node] of nodes.entries()) {
    const committed = new Set(listings[index]!.committed.map(idOf));
    for (const key of listings[index]!.prepared) {
      const held = holders.get(idOf(key));
      if (held === undefined) {
        await node.remove(key);
        continue;
      }
      // Beside a committed copy it is a repaired shard, whole and checked: it takes the old one's place.
      await node.commit(key);
      if (!committed.has(idOf(key))) holders.set(idOf(key), { key, nodes: held.nodes + 1 });
    }
  }
  return choose([...holders.values()]);
}

async function finishDeletes(nodes: readonly StorageNode[], listings: readonly ShardListing[]): Promise<Set<string>> {
  const dead = new Set(listings.flatMap((listing) => listing.tombstones.map(idOf)));
  for (const [index, node] of nodes.entries()) {
    const { committed, prepared } = listings[index]!;
    for (const key of [...committed, ...prepared]) {
      if (!dead.has(idOf(key))) continue;
      await node.bury(key);
      await node.remove(key);
    }
  }
  return dead;
}

/** Of two generations of one CID, which hold the same bytes, the one on more nodes lives. */
function choose(holders: readonly { key: ShardKey; nodes: number }[]): Recovered {
  const best = new Map<string, { key: ShardKey; nodes: number }>();
  for (const held of holders) {
    const other = best.get(held.key.cid);
    if (other === undefined || held.nodes > other.nodes) best.set(held.key.cid, held);
  }
  const living = [...best.values()];
  return {
    objects: new Map(living.map((held) => [held.key.cid, held.key.putId])),
    incomplete: living.filter((held) => held.nodes < TOTAL_SHARDS).map((held) => held.key),
  };
}

function idOf(key: ShardKey): string {
  return `${key.cid}.${key.putId}`;
}

import { createHash } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import type { StorageNode } from '../node/types.ts';
import { TOTAL_SHARDS } from './erasure.ts';

/**
 * One node for each of the 14 shards, by rendezvous hashing: every put ranks all nodes anew, so load spreads and a
 * node that joins or leaves moves only its own share.
 */
export function placeShards(putId: string, nodes: readonly StorageNode[]): StorageNode[] {
  if (nodes.length < TOTAL_SHARDS) {
    throw new CyxError('UNAVAILABLE', `${nodes.length} storage nodes are known; a put needs ${TOTAL_SHARDS}`);
  }
  const ranked = nodes.map((node) => ({ node, rank: createHash('sha256').update(`${putId}/${node.id}`).digest('hex') }));
  ranked.sort((left, right) => (left.rank < right.rank ? -1 : 1));
  return ranked.slice(0, TOTAL_SHARDS).map(({ node }) => node);
}

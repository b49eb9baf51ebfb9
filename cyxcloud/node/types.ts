/** Names one stored generation of an object: the same CID put again after a delete is another `putId`. */
export interface ShardKey {
  readonly cid: string;
  /** UUID of the put that wrote it. */
  readonly putId: string;
}

/** Writes one shard, front to back. Nothing is visible before `StorageNode.commit`. */
export interface ShardWriter {
  append(piece: Uint8Array): Promise<void>;
  /** Adds the manifest, makes everything durable and leaves the shard prepared under its name. */
  prepare(cid: string, manifest: Uint8Array): Promise<void>;
  /** Removes what was written. Safe at any time before commit. */
  abandon(): Promise<void>;
}

/** Reads one committed shard. Checks nothing but its own header: pieces are checked against the manifest. */
export interface ShardReader {
  readonly shardIndex: number;
  /** Fills `into` from the payload; `false` where the shard is too short. */
  read(offsetBytes: number, into: Uint8Array): Promise<boolean>;
  /** The node's copy of the manifest, or undefined where its frame is damaged. */
  readManifest(): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

export interface ShardListing {
  readonly committed: readonly ShardKey[];
  readonly prepared: readonly ShardKey[];
  readonly tombstones: readonly ShardKey[];
}

/**
 * One storage node. The embedded default is a directory; a node behind a network is another implementation.
 * Every method that changes something returns only when the change is durable.
 */
export interface StorageNode {
  readonly id: string;
  list(): Promise<ShardListing>;
  /** Removes half-written shards of a former life. Call once, before any write. */
  removePartial(): Promise<void>;
  beginShard(putId: string, shardIndex: number): Promise<ShardWriter>;
  /** Prepared → committed. */
  commit(key: ShardKey): Promise<void>;
  /** `undefined`: the node does not have it, or its header is damaged. */
  open(key: ShardKey): Promise<ShardReader | undefined>;
  /** Bytes of the committed shard's payload, or undefined where there is none. */
  payloadBytes(key: ShardKey): Promise<number | undefined>;
  /** Records that the key is deleted, so that a late copy is never taken for a living object. */
  bury(key: ShardKey): Promise<void>;
  /** Removes committed and prepared copies. */
  remove(key: ShardKey): Promise<void>;
}

/** A part of an object on its way in; `sentBytes` counts plaintext. */
export interface PutProgress {
  readonly sentBytes: number;
  /** Known for byte arrays and blobs, not for streams. */
  readonly totalBytes: number | undefined;
}

export interface PutOptions {
  /** 32 bytes. Left out, a random key is made: the usual case. */
  readonly key?: Uint8Array;
  readonly onProgress?: (progress: PutProgress) => void;
  readonly signal?: AbortSignal;
}

export interface GetOptions {
  readonly signal?: AbortSignal;
}

/** What a put hands back. The key exists nowhere else: who loses it has lost the object. */
export interface PutResult {
  /** CID v1 (dag-pb, sha2-256, base32: `bafybei…`) of the encrypted object. */
  readonly cid: string;
  /** The 32-byte object key. */
  readonly key: Uint8Array;
  /** SHA-256 of the key, 32 bytes: what the chain records as `encryption_key_hash`. */
  readonly keyHash: Uint8Array;
  /** Plaintext bytes. */
  readonly sizeBytes: number;
  /** Bytes that the CID addresses: header, ciphertext and tags. */
  readonly encryptedBytes: number;
  /** Bytes on all 14 storage nodes together, parity included. */
  readonly storedBytes: number;
  /** Storage node of each shard, in shard order. */
  readonly shardLocations: readonly string[];
}

/** What anybody with access may know about an object without its key. */
export interface ObjectInfo {
  readonly cid: string;
  readonly encryptedBytes: number;
  readonly storedBytes: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly shardLocations: readonly string[];
  /** How many of the 14 shards are there with the right length (contents are checked by reads). */
  readonly shardsPresent: number;
}

export interface CyxCloudClientOptions {
  /** The gateway, e.g. `http://127.0.0.1:7300`. */
  readonly baseUrl: string;
  /** Asked once per request, so it may refresh. */
  readonly token: () => Promise<string>;
  /**
   * `stream` sends while it encrypts (Node). `blob` collects the encrypted object in a Blob first, which browsers
   * need: they refuse streaming request bodies over HTTP/1.1. Default: `blob` where there is a document.
   */
  readonly uploadBody?: 'stream' | 'blob';
  readonly fetch?: typeof globalThis.fetch;
}

/** Everything the SDK, the CLI and the activities use of CyxCloud. All methods throw CyxError. */
export interface CyxCloud {
  put(source: ReadableStream<Uint8Array> | Blob | Uint8Array, options?: PutOptions): Promise<PutResult>;
  /**
   * Resolves once the gateway answered. The stream yields only authenticated plaintext and errors with
   * STORAGE_CORRUPT on any mismatch; its last piece is released only after the CID has been checked.
   */
  get(cid: string, key: Uint8Array, options?: GetOptions): Promise<ReadableStream<Uint8Array>>;
  /** The whole object in memory: for small things. */
  getBytes(cid: string, key: Uint8Array, options?: GetOptions): Promise<Uint8Array>;
  head(cid: string): Promise<ObjectInfo>;
  delete(cid: string): Promise<void>;
}

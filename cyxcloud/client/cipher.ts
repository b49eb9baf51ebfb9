import { CyxError } from '#core/errors/cyx-error';
import { Blocks, InOrder, type Bytes } from './bytes.ts';
import {
  chunkNonce,
  DEFAULT_CHUNK_BYTES,
  HEADER_BYTES,
  KEY_BYTES,
  openHeader,
  sealHeader,
  TAG_BYTES,
  type ObjectCipher,
} from './object-header.ts';

/** Chunks in flight per stream: enough to keep two cores busy, small enough to forget about memory. */
const DEPTH = 3;

export interface EncryptOptions {
  readonly key: Uint8Array;
  /** Plaintext bytes per chunk, default 1 MiB. */
  readonly chunkBytes?: number;
}

/** A random 256-bit object key. */
export function generateKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** Plaintext in, encrypted object out (FORMAT.md §1). Memory is a few chunks, whatever the length. */
export function encryptStream({ key, chunkBytes = DEFAULT_CHUNK_BYTES }: EncryptOptions): TransformStream<Uint8Array, Bytes> {
  const blocks = new Blocks(chunkBytes);
  let cipher: ObjectCipher;
  let index = 0;
  let results: InOrder<Bytes>;
  const seal = (block: Bytes, isLast: boolean): void => {
    const params = { name: 'AES-GCM', iv: chunkNonce(index, isLast), additionalData: cipher.header };
    index += 1;
    // encrypt copies its input before it returns, so the block may be filled again at once.
    results.add(crypto.subtle.encrypt(params, cipher.contentKey, block).then((sealed) => new Uint8Array(sealed)));
  };
  return new TransformStream({
    async start(controller) {
      results = new InOrder(DEPTH, (sealed) => controller.enqueue(sealed));
      cipher = await sealHeader(key, chunkBytes);
      // The header stays in use as authenticated data: whoever reads gets a copy that it may transfer away.
      controller.enqueue(cipher.header.slice());
    },
    async transform(piece) {
      blocks.push(piece, (block) => seal(block, false));
      await results.drain();
    },
    async flush() {
      seal(blocks.last(), true);
      await results.finish();
    },
  });
}

/**
 * Encrypted object in, plaintext out. Every chunk is authenticated before it is released, with its place and
 * whether it is the last, so truncated, reordered, repeated or extended objects error with STORAGE_CORRUPT.
 */
export function decryptStream(options: { readonly key: Uint8Array }): TransformStream<Uint8Array, Bytes> {
  const opener = new Opener(options.key);
  return new TransformStream({
    start: (controller) => opener.start((plain) => controller.enqueue(plain)),
    transform: (piece) => opener.push(piece),
    flush: () => opener.finish(),
  });
}

class Opener {
  readonly #key: Uint8Array;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilledBytes = 0;
  #cipher: ObjectCipher | undefined;
  #blocks = new Blocks(0);
  #index = 0;
  #results: InOrder<Bytes> = new InOrder<Bytes>(DEPTH, () => undefined);

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  start(release: (plain: Bytes) => void): void {
    this.#results = new InOrder(DEPTH, (plain) => {
      if (plain.length > 0) release(plain);
    });
  }

  async push(piece: Uint8Array): Promise<void> {
    const body = this.#cipher === undefined ? await this.#takeHeader(piece) : piece;
    if (body.length === 0) return;
    this.#blocks.push(body, (block) => this.#open(block, false));
    await this.#results.drain();
  }

  async finish(): Promise<void> {
    const last = this.#blocks.last();
    if (this.#cipher === undefined || last.length < TAG_BYTES) throw truncated();
    // One object has one encoding: an empty last chunk belongs to the empty object only.
    if (last.length === TAG_BYTES && this.#index > 0) throw truncated();
    this.#open(last, true);
    await this.#results.finish();
  }

  async #takeHeader(piece: Uint8Array): Promise<Uint8Array> {
    const takenBytes = Math.min(HEADER_BYTES - this.#headerFilledBytes, piece.length);
    this.#header.set(piece.subarray(0, takenBytes), this.#headerFilledBytes);
    this.#headerFilledBytes += takenBytes;
    if (this.#headerFilledBytes === HEADER_BYTES) {
      this.#cipher = await openHeader(this.#key, this.#header);
      this.#blocks = new Blocks(this.#cipher.chunkBytes + TAG_BYTES);
    }
    return piece.subarray(takenBytes);
  }

  #open(block: Bytes, isLast: boolean): void {
    const { contentKey, header } = this.#cipher!;
    const index = this.#index;
    this.#index += 1;
    const params = { name: 'AES-GCM', iv: chunkNonce(index, isLast), additionalData: header };
    const opened = crypto.subtle.decrypt(params, contentKey, block).then(
      (plain) => new Uint8Array(plain),
      (cause: unknown) => {
        throw new CyxError('STORAGE_CORRUPT', `Chunk ${index} of the object was changed, moved or cut off`, { cause });
      },
    );
    this.#results.add(opened);
  }
}

function truncated(): CyxError {
  return new CyxError('STORAGE_CORRUPT', 'The object ends too early: it was cut off');
}

/** A Uint8Array over plain memory, which is what WebCrypto and fetch bodies take. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) difference |= left[index]! ^ right[index]!;
  return difference === 0;
}

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Bytes));
}

/**
 * Cuts a stream of pieces of any length into blocks of one length. A full block is handed on only when more bytes
 * follow, so that whoever ends the stream always holds the last block, and knows that it is the last.
 */
export class Blocks {
  readonly #block: Bytes;
  #filledBytes = 0;

  constructor(blockBytes: number) {
    this.#block = new Uint8Array(blockBytes);
  }

  /** Calls `emit` for each block that is full and not the last. The block's memory is reused after `emit` returns. */
  push(piece: Uint8Array, emit: (block: Bytes) => void): void {
    let offset = 0;
    while (offset < piece.length) {
      if (this.#filledBytes === this.#block.length) {
        this.#filledBytes = 0;
        emit(this.#block);
      }
      const takenBytes = Math.min(this.#block.length - this.#filledBytes, piece.length - offset);
      this.#block.set(piece.subarray(offset, offset + takenBytes), this.#filledBytes);
      this.#filledBytes += takenBytes;
      offset += takenBytes;
    }
  }

  /** The last block: full, short or empty. */
  last(): Bytes {
    return this.#block.subarray(0, this.#filledBytes);
  }
}

/**
 * Keeps a few promises in flight and hands their results on in order: that is how a stream overlaps the work on
 * neighbouring blocks without growing.
 */
export class InOrder<T> {
  readonly #pending: Promise<T>[] = [];
  readonly #depth: number;
  readonly #emit: (value: T) => void;

  constructor(depth: number, emit: (value: T) => void) {
    this.#depth = depth;
    this.#emit = emit;
  }

  add(work: Promise<T>): void {
    // A rejection is reported by whoever awaits it in order; until then it must not count as unhandled.
    work.catch(() => undefined);
    this.#pending.push(work);
  }

  /** Waits until at most `depth` are in flight. */
  async drain(): Promise<void> {
    while (this.#pending.length > this.#depth) this.#emit(await this.#pending.shift()!);
  }

  async finish(): Promise<void> {
    while (this.#pending.length > 0) this.#emit(await this.#pending.shift()!);
  }
}

import { CyxError } from '#core/errors/cyx-error';
import { Blocks, InOrder, sha256, type Bytes } from './bytes.ts';
import { CidBuilder, LEAF_BYTES, leafFrame } from './unixfs.ts';

/** Passes bytes through and computes the CID of what passed. */
export class CidMeter {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  totalBytes = 0;
  #cid: string | undefined;

  /** With `expected`, the stream errors with STORAGE_CORRUPT at its end where the CID is another one. */
  constructor(expected?: string) {
    const builder = new CidBuilder(sha256);
    const blocks = new Blocks(LEAF_BYTES);
    const framed = new Uint8Array(LEAF_BYTES + 64);
    const leaves: { digest: Uint8Array; dataBytes: number }[] = [];
    const digests = new InOrder<{ digest: Uint8Array; dataBytes: number }>(4, (leaf) => leaves.push(leaf));
    const hashLeaf = (data: Bytes): void => {
      const { prefix, suffix } = leafFrame(data.length);
      framed.set(prefix);
      framed.set(data, prefix.length);
      framed.set(suffix, prefix.length + data.length);
      const whole = framed.subarray(0, prefix.length + data.length + suffix.length);
      // digest copies its input before it returns, so `framed` serves the next leaf at once.
      digests.add(sha256(whole).then((digest) => ({ digest, dataBytes: data.length })));
    };
    const addLeaves = async (): Promise<void> => {
      for (const leaf of leaves.splice(0)) await builder.addLeaf(leaf.digest, leaf.dataBytes);
    };
    this.stream = new TransformStream({
      transform: async (piece, controller) => {
        this.totalBytes += piece.length;
        blocks.push(piece, hashLeaf);
        await digests.drain();
        await addLeaves();
        controller.enqueue(piece);
      },
      flush: async () => {
        if (blocks.last().length > 0) hashLeaf(blocks.last());
        await digests.finish();
        await addLeaves();
        this.#cid = (await builder.finish()).toString();
        if (expected !== undefined && this.#cid !== expected) {
          throw new CyxError('STORAGE_CORRUPT', `The gateway sent other bytes than ${expected} names (their CID is ${this.#cid})`);
        }
      },
    });
  }

  /** Known once the stream has ended. */
  get cid(): string {
    if (this.#cid === undefined) throw new CyxError('INTERNAL', 'The CID is known at the end of the stream only');
    return this.#cid;
  }
}

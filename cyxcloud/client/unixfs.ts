import { encode, prepare } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { CyxError } from '#core/errors/cyx-error';

/**
 * The encrypted object as a UnixFS file: leaves of 256 KiB, at most 174 links a node, balanced, no raw leaves.
 * That is what `ipfs add --cid-version=1 --raw-leaves=false` makes, so anyone can check a CID with other tools.
 */
export const LEAF_BYTES = 256 * 1024;
export const MAX_LINKS = 174;
export const DIGEST_BYTES = 32;

const DAG_PB = 0x70;
const SHA2_256 = 0x12;
const UNIXFS_FILE = [0x08, 0x02]; // field 1 (Type) = File

export type HashFunction = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The protobuf bytes around a leaf's data: SHA-256 over prefix, data and suffix is the leaf's digest. */
export function leafFrame(dataBytes: number): { prefix: Uint8Array; suffix: Uint8Array } {
  const length = varint(dataBytes);
  // Field 3 (filesize) closes the UnixFS message.
  const suffix = Uint8Array.from([0x18, ...length]);
  const dataField = [0x12, ...length];
  const messageBytes = UNIXFS_FILE.length + dataField.length + dataBytes + suffix.length;
  const prefix = Uint8Array.from([0x0a, ...varint(messageBytes), ...UNIXFS_FILE, ...dataField]);
  return { prefix, suffix };
}

interface DagNode {
  readonly digest: Uint8Array;
  /** Bytes of the file below this node. */
  readonly fileBytes: number;
  /** Encoded bytes of this node and everything below it (`Tsize`). */
  readonly totalBytes: number;
}

/** Builds the tree from leaf digests as they come; keeps less than 174 nodes of each level. */
export class CidBuilder {
  readonly #levels: DagNode[][] = [[]];
  readonly #hash: HashFunction;

  constructor(hash: HashFunction) {
    this.#hash = hash;
  }

  /** Leaves in order; all but the last have LEAF_BYTES. */
  async addLeaf(digest: Uint8Array, dataBytes: number): Promise<void> {
    const { prefix, suffix } = leafFrame(dataBytes);
    await this.#add(0, { digest, fileBytes: dataBytes, totalBytes: prefix.length + dataBytes + suffix.length });
  }

  async finish(): Promise<CID> {
    for (let level = 0; level < this.#levels.length; level += 1) {
      const nodes = this.#levels[level]!;
      const isTop = level === this.#levels.length - 1;
      if (isTop && nodes.length === 1) return cidFromDigest(nodes[0]!.digest);
      if (nodes.length > 0) await this.#fold(level);
    }
    throw new CyxError('INVALID_INPUT', 'An object without a byte has no CID');
  }

  async #add(level: number, node: DagNode): Promise<void> {
    const nodes = (this.#levels[level] ??= []);
    nodes.push(node);
    if (nodes.length === MAX_LINKS) await this.#fold(level);
  }

  async #fold(level: number): Promise<void> {
    const children = this.#levels[level]!;
    this.#levels[level] = [];
    const fileBytes = children.reduce((sum, child) => sum + child.fileBytes, 0);
    const data = [...UNIXFS_FILE, 0x18, ...varint(fileBytes), ...children.flatMap((child) => [0x20, ...varint(child.fileBytes)])];
    const links = children.map((child) => ({ Hash: cidFromDigest(child.digest), Name: '', Tsize: child.totalBytes }));
    const block = encode(prepare({ Data: Uint8Array.from(data), Links: links }));
    const totalBytes = block.length + children.reduce((sum, child) => sum + child.totalBytes, 0);
    await this.#add(level + 1, { digest: await this.#hash(block), fileBytes, totalBytes });
  }
}

function cidFromDigest(digest: Uint8Array): CID {
  return CID.createV1(DAG_PB, createDigest(SHA2_256, digest));
}

/** @throws CyxError INVALID_INPUT unless it is the text of a CID v1, dag-pb, sha2-256, in base32 (`bafybei…`). */
export function parseObjectCid(text: string): string {
  try {
    const cid = CID.parse(text);
    const fits = cid.version === 1 && cid.code === DAG_PB && cid.multihash.code === SHA2_256 && cid.multihash.size === DIGEST_BYTES;
    if (fits && cid.toString() === text) return text;
  } catch {
    // Not a CID at all: the same answer as for the wrong kind.
  }
  throw new CyxError('INVALID_INPUT', `"${text.slice(0, 80)}" is not the CID of a CyxCloud object: those start with bafybei`);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

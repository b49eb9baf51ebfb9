/**
 * What a node commits to while it trains: a hash chain over the run's checkpoints. Whoever has the chain's root can
 * later be shown any checkpoint of the run, and nobody can make up another run that ends in the same root.
 *
 *     c_0 = H(tag ‖ H(canonical graph) ‖ H(dataset CID) ‖ H(canonical hyper-parameters) ‖ u64 steps per link)
 *     c_i = H(c_{i−1} ‖ u64 step ‖ state hash ‖ u32 epoch ‖ u32 batch in epoch ‖ f64 mean loss since link i − 1)
 *
 * H is SHA-256, numbers are little-endian. A link is made every `checkpointEverySteps` and after the last step; the
 * root is the last link. Interruptions leave no trace in it.
 */
import { canonicalGraphJson } from '#core/graph/canonical';
import { canonicalHyperParametersJson, type HyperParameters } from '#core/graph/hyper-parameters';
import type { ModelGraph } from '#core/graph/schema';
import type { NamedTensor } from '../formats/safetensors.ts';

const TAG = 'cyxwiz/training-commitment/v1';

const utf8 = new TextEncoder();

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export type Sha256 = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Works in browsers and in Node alike. */
async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function numbers(size: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
}

/** SHA-256 of the canonical graph. */
async function graphHash(graph: ModelGraph): Promise<Uint8Array> {
  return sha256(utf8.encode(canonicalGraphJson(graph)));
}

/**
 * One hash for a set of tensors: over name, shape and value hash of each, in the order of their names.
 *
 * @param digest SHA-256, where there is a faster one than `crypto.subtle`, which waits for threads.
 */
export async function hashTensors(tensors: ReadonlyMap<string, NamedTensor>, digest: Sha256 = sha256): Promise<Uint8Array> {
  const names = [...tensors.keys()].sort();
  const parts: Uint8Array[] = [];
  for (const name of names) {
    const tensor = tensors.get(name) as NamedTensor;
    const { data } = tensor;
    parts.push(utf8.encode(`${JSON.stringify([name, tensor.shape])}\n`));
    parts.push(await digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  }
  return digest(join(parts));
}

export interface RunIdentity {
  readonly graph: ModelGraph;
  readonly datasetCid: string;
  readonly hyperParameters: HyperParameters;
  readonly checkpointEverySteps: number;
}

/** c_0: also what tells apart the checkpoints of different runs. */
export async function startChain(run: RunIdentity): Promise<Uint8Array> {
  return sha256(
    join([
      utf8.encode(TAG),
      await graphHash(run.graph),
      await sha256(utf8.encode(run.datasetCid)),
      await sha256(utf8.encode(canonicalHyperParametersJson(run.hyperParameters))),
      numbers(8, (view) => view.setBigUint64(0, BigInt(run.checkpointEverySteps), true)),
    ]),
  );
}

export interface ChainLink {
  /** Steps done. */
  readonly step: number;
  /** `hashTensors` over all weights and optimizer slots. */
  readonly stateHash: Uint8Array;
  /** Where the next batch comes from. */
  readonly epoch: number;
  readonly batch: number;
  /** Mean training loss since the previous link. */
  readonly meanLoss: number;
}

export async function extendChain(previous: Uint8Array, link: ChainLink): Promise<Uint8Array> {
  const step = numbers(8, (view) => view.setBigUint64(0, BigInt(link.step), true));
  const rest = numbers(16, (view) => {
    view.setUint32(0, link.epoch, true);
    view.setUint32(4, link.batch, true);
    view.setFloat64(8, link.meanLoss, true);
  });
  return sha256(join([previous, step, link.stateHash, rest]));
}

/** c_0 as hexadecimal digits: what every checkpoint of the run carries as its `run`. */
export async function runIdentityHex(run: RunIdentity): Promise<string> {
  return toHex(await startChain(run));
}

/** Whether a run of so many steps has a link of its chain at a step. */
export function isLinkAt(step: number, steps: number, checkpointEverySteps: number): boolean {
  return step === steps || (step > 0 && step % checkpointEverySteps === 0);
}

/** A link as reports and tables have it, with its hash as hexadecimal digits. */
export interface LinkFacts extends Omit<ChainLink, 'stateHash'> {
  readonly stateHash: string;
}

/** c_i from c_{i−1} and what is reported of link i, all as hexadecimal digits. */
export async function linkChain(previousHex: string, line: LinkFacts): Promise<string> {
  return toHex(await extendChain(fromHex(previousHex), { ...line, stateHash: fromHex(line.stateHash) }));
}

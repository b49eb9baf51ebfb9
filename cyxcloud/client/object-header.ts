import { CyxError } from '#core/errors/cyx-error';
import { equalBytes, type Bytes } from './bytes.ts';

/**
 * The first 64 bytes of an encrypted object (FORMAT.md §1). The commitment ties the header to one key, so a wrong
 * key and a changed header are both found before a single chunk is decrypted.
 */
export const HEADER_BYTES = 64;
export const KEY_BYTES = 32;
export const TAG_BYTES = 16;
export const DEFAULT_CHUNK_BYTES = 1024 * 1024;
/** A reader allocates one chunk, so a hostile header must not be able to ask for gigabytes. */
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

const MAGIC = [0x43, 0x59, 0x58, 0x4f]; // CYXO
const FORMAT_VERSION = 1;
const SUITE_AES_256_GCM_HKDF_SHA256 = 1;
const SALT_OFFSET = 12;
const COMMITMENT_OFFSET = 32;

/** What sealing and opening chunks needs: the per-object key and the header as authenticated data. */
export interface ObjectCipher {
  readonly header: Bytes;
  readonly contentKey: CryptoKey;
  readonly chunkBytes: number;
}

/** A new header with a random salt, and the key derived for it. */
export async function sealHeader(key: Uint8Array, chunkBytes: number): Promise<ObjectCipher> {
  assertKey(key);
  if (!isChunkSize(chunkBytes)) {
    throw new CyxError('INVALID_INPUT', `A chunk has 1 to ${MAX_CHUNK_BYTES} bytes, not ${chunkBytes}`);
  }
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC, 0);
  header[4] = FORMAT_VERSION;
  header[5] = SUITE_AES_256_GCM_HKDF_SHA256;
  new DataView(header.buffer).setUint32(8, chunkBytes);
  crypto.getRandomValues(header.subarray(SALT_OFFSET, COMMITMENT_OFFSET));
  const { contentKey, commitment } = await deriveKeys(key, header, ['encrypt']);
  header.set(commitment, COMMITMENT_OFFSET);
  return { header, contentKey, chunkBytes };
}

/** @throws CyxError STORAGE_CORRUPT where the bytes are no header of ours or do not belong to this key. */
export async function openHeader(key: Uint8Array, header: Bytes): Promise<ObjectCipher> {
  assertKey(key);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const known =
    header.length === HEADER_BYTES &&
    MAGIC.every((byte, index) => header[index] === byte) &&
    header[5] === SUITE_AES_256_GCM_HKDF_SHA256 &&
    view.getUint16(6) === 0;
  if (!known) throw new CyxError('STORAGE_CORRUPT', 'This is not an encrypted CyxCloud object: its header is not one of ours');
  if (header[4] !== FORMAT_VERSION) {
    throw new CyxError('STORAGE_CORRUPT', `The object has format version ${header[4]}; this client reads version ${FORMAT_VERSION}`);
  }
  const chunkBytes = view.getUint32(8);
  if (!isChunkSize(chunkBytes)) throw new CyxError('STORAGE_CORRUPT', 'The object header names an impossible chunk size');
  const { contentKey, commitment } = await deriveKeys(key, header, ['decrypt']);
  if (!equalBytes(commitment, header.subarray(COMMITMENT_OFFSET))) {
    throw new CyxError('STORAGE_CORRUPT', 'The key does not open this object: it is another object’s key, or the header was changed');
  }
  return { header, contentKey, chunkBytes };
}

/** Nonce of chunk `index`: 7 zero bytes, the counter, and 1 for the last chunk. Unique because the content key is. */
export function chunkNonce(index: number, isLast: boolean): Bytes {
  if (index > 0xffff_ffff) throw new CyxError('PAYLOAD_TOO_LARGE', 'An object has at most 2^32 chunks');
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Length of the encrypted object for a plaintext of `sizeBytes`. */
export function encryptedLength(sizeBytes: number, chunkBytes = DEFAULT_CHUNK_BYTES): number {
  const chunks = Math.max(1, Math.ceil(sizeBytes / chunkBytes));
  return HEADER_BYTES + sizeBytes + chunks * TAG_BYTES;
}

/** HKDF over the header's first half: other salt, version or chunk size means another content key. */
async function deriveKeys(
  key: Uint8Array,
  header: Bytes,
  usages: KeyUsage[],
): Promise<{ contentKey: CryptoKey; commitment: Bytes }> {
  const label = new TextEncoder().encode('cyxcloud object v1');
  const info = new Uint8Array(label.length + COMMITMENT_OFFSET);
  info.set(label);
  info.set(header.subarray(0, COMMITMENT_OFFSET), label.length);
  const material = await crypto.subtle.importKey('raw', key as Bytes, 'HKDF', false, ['deriveBits']);
  const salt = header.slice(SALT_OFFSET, COMMITMENT_OFFSET);
  const bits = new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, material, 512));
  const contentKey = await crypto.subtle.importKey('raw', bits.slice(0, 32), 'AES-GCM', false, usages);
  const commitment = bits.slice(32);
  bits.fill(0);
  return { contentKey, commitment };
}

function isChunkSize(chunkBytes: number): boolean {
  return Number.isInteger(chunkBytes) && chunkBytes >= 1 && chunkBytes <= MAX_CHUNK_BYTES;
}

function assertKey(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) {
    throw new CyxError('INVALID_INPUT', `An object key has ${KEY_BYTES} bytes, not ${key.length}`);
  }
}

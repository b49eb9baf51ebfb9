import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { CyxError } from '#core/errors/cyx-error';

/** HPKE (RFC 9180), base mode: X25519 with HKDF-SHA256, AES-256-GCM. */
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

const PUBLIC_KEY_BYTES = 32;

/** What a wrapped key is for. All of it is bound to the key: under any other lease, or as another key, it does not open. */
export interface LeaseBinding {
  readonly jobId: string;
  readonly attempt: number;
  /** End of the lease, on the platform's clock. */
  readonly leaseEndsAtMs: number;
  readonly purpose: 'dataset' | 'model';
}

/** A key that only the holder of one key pair can open. */
export interface WrappedKey {
  /** The sender's part of the key agreement, 32 bytes. */
  readonly encapsulated: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** A key pair of this process: its private half can not be read out, and is gone with the process. */
export interface LeaseKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @throws CyxError UNPROCESSABLE where it was wrapped for somebody or something else, or its lease is over. */
  open(wrapped: WrappedKey, binding: LeaseBinding, nowMs?: number): Promise<Uint8Array>;
}

export async function createLeaseKeyPair(): Promise<LeaseKeyPair> {
  // Not extractable: not even this process can read it.
  const pair = (await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
  return {
    publicKey,
    async open({ encapsulated, ciphertext }, binding, nowMs = Date.now()) {
      if (nowMs >= binding.leaseEndsAtMs) throw new CyxError('UNPROCESSABLE', 'The lease of this key is over');
      try {
        const key = await suite.open({ recipientKey: pair, enc: bufferOf(encapsulated), info: infoOf(binding) }, bufferOf(ciphertext));
        return new Uint8Array(key);
      } catch (cause) {
        throw new CyxError('UNPROCESSABLE', 'This key was not wrapped for this process and lease', { cause });
      }
    },
  };
}

/** @throws CyxError INVALID_INPUT where the public key is none. */
export async function wrapLeaseKey(key: Uint8Array, publicKey: Uint8Array, binding: LeaseBinding): Promise<WrappedKey> {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new CyxError('INVALID_INPUT', `A lease's public key has ${PUBLIC_KEY_BYTES} bytes`);
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(bufferOf(publicKey));
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: infoOf(binding) }, bufferOf(key));
    return { encapsulated: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
  } catch (cause) {
    throw new CyxError('INVALID_INPUT', 'The public key for the lease is not valid', { cause });
  }
}

function infoOf({ jobId, attempt, leaseEndsAtMs, purpose }: LeaseBinding): ArrayBuffer {
  return bufferOf(new TextEncoder().encode(`cyxwiz lease key 1\n${purpose}\n${jobId}\n${attempt}\n${leaseEndsAtMs}`));
}

/** The bytes alone: what is behind a view may be more. (A Node `Buffer`'s own `slice` would not copy.) */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

import { createPublicKey, verify } from 'node:crypto';
import { PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';

const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const SIGNATURE_BYTES = 64;

/** The key that an address stands for. Throws UNPROCESSABLE for what is no key that could sign. */
export function walletKey(address: string): PublicKey {
  const key = ADDRESS.test(address) ? parse(address) : null;
  // Program-derived addresses are off the curve: nobody has a key for them.
  if (key === null || !PublicKey.isOnCurve(key.toBytes())) {
    throw new CyxError('UNPROCESSABLE', 'This is not the address of a wallet.', { fields: [{ path: 'address', message: 'must be the base58 address of a wallet' }] });
  }
  return key;
}

/** Whether the wallet's key signed these very bytes (ed25519). */
export function isSignedBy(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const x = Buffer.from(key.toBytes()).toString('base64url');
  return verify(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature);
}

function parse(address: string): PublicKey | null {
  try {
    const key = new PublicKey(address);
    return key.toBase58() === address ? key : null;
  } catch {
    return null;
  }
}

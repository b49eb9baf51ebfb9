import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { CyxError } from '#core/errors/cyx-error';
import type { PayloadKeyring } from './keyring.ts';

/**
 * One encrypted payload, as everybody at the Temporal server sees it:
 *
 *     metadata  encoding = binary/encrypted
 *               encryption-key-id = <key id>
 *     data      version (1 byte, 1) ‖ nonce (12) ‖ AES-256-GCM of the payload's protobuf ‖ tag (16)
 *
 * The additional authenticated data are version and key id, so neither can be swapped for another one.
 */
const SEALED_ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const NONCE_SIZE_BYTES = 12;
const TAG_SIZE_BYTES = 16;
const HEAD_SIZE_BYTES = 1 + NONCE_SIZE_BYTES;

function authenticated(version: number, keyId: string): Buffer {
  return Buffer.from(`cyxwiz payload ${version} ${keyId}`);
}

/** Whether the payload is one of `seal`. */
export function isSealed(payload: Payload): boolean {
  return textOf(payload.metadata?.['encoding']) === SEALED_ENCODING;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes == null ? '' : Buffer.from(bytes).toString('utf8');
}

/** Encrypts a payload's protobuf with the active key. A nonce is random: a key is good for four thousand million payloads. */
export function seal(payload: Uint8Array, keyring: PayloadKeyring): Payload {
  const { id, secret } = keyring.active();
  const nonce = randomBytes(NONCE_SIZE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_SIZE_BYTES });
  cipher.setAAD(authenticated(VERSION, id));
  const encrypted = [cipher.update(payload), cipher.final(), cipher.getAuthTag()];
  return {
    metadata: { encoding: Buffer.from(SEALED_ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([Uint8Array.of(VERSION), nonce, ...encrypted]),
  };
}

/**
 * The protobuf of the payload inside.
 * @throws CyxError INTERNAL where the key is missing, the format is newer than this code, or a byte was altered.
 */
export function open(sealed: Payload, keyring: PayloadKeyring): Uint8Array {
  const keyId = textOf(sealed.metadata?.[KEY_ID]);
  const data = sealed.data ?? new Uint8Array();
  const version = data[0];
  if (version !== VERSION) {
    throw new CyxError('INTERNAL', `An encrypted payload has the format ${version ?? 'of nothing'}, but this version of CyxWiz reads format ${VERSION}. Run the version that wrote it.`);
  }
  const { secret } = keyring.byId(keyId);
  const altered = (cause?: unknown): CyxError =>
    new CyxError('INTERNAL', `An encrypted payload does not fit its key "${keyId}": either it was altered, or another key was put under this id. Put back the key that was first under it.`, { cause });
  if (data.length < HEAD_SIZE_BYTES + TAG_SIZE_BYTES) throw altered();
  const decipher = createDecipheriv(CIPHER, secret, data.subarray(1, HEAD_SIZE_BYTES), { authTagLength: TAG_SIZE_BYTES });
  decipher.setAAD(authenticated(version, keyId));
  decipher.setAuthTag(data.subarray(-TAG_SIZE_BYTES));
  try {
    return Buffer.concat([decipher.update(data.subarray(HEAD_SIZE_BYTES, -TAG_SIZE_BYTES)), decipher.final()]);
  } catch (cause) {
    throw altered(cause);
  }
}

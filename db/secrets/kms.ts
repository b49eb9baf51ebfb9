import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';

/** What a secret is for. It is authenticated with the secret, so a wrapped key can not be used as another kind. */
export type SecretPurpose = 'wallet' | 'dataset-key' | 'model-key' | 'draw-secret' | 'answer';

/** The key-management port: a cloud KMS implements the same two calls. */
export interface Kms {
  wrap(plaintext: Uint8Array, purpose: SecretPurpose, id: string): Promise<string>;
  /** Throws INTERNAL where the secret was altered or belongs to another purpose or id. */
  unwrap(wrapped: string, purpose: SecretPurpose, id: string): Promise<Uint8Array>;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Local default: AES-256-GCM under one 32-byte key from `<keys>/kms.key`. Format: `v1.<base64url(iv ‖ ciphertext ‖ tag)>`. */
export function createLocalKms(key: Uint8Array): Kms {
  if (key.length !== 32) throw new CyxError('INTERNAL', 'The KMS key must have 32 bytes: remove keys/kms.key only if nothing is stored yet');
  const aad = (purpose: SecretPurpose, id: string): Buffer => Buffer.from(`cyxwiz/kms/v1/${purpose}/${id}`);
  return {
    wrap: async (plaintext, purpose, id) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad(purpose, id));
      const body = Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      return `v1.${body.toString('base64url')}`;
    },
    unwrap: async (wrapped, purpose, id) => {
      const body = Buffer.from(wrapped.replace(/^v1\./, ''), 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, IV_BYTES)).setAAD(aad(purpose, id));
        decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
        const text = body.subarray(IV_BYTES, body.length - TAG_BYTES);
        return new Uint8Array(Buffer.concat([decipher.update(text), decipher.final()]));
      } catch (cause) {
        throw new CyxError('INTERNAL', `A stored secret (${purpose}) can not be opened with this KMS key`, { cause });
      }
    },
  };
}

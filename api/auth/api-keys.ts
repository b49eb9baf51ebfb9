import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'cyxk_';
const KEY_BYTES = 32;

/** A new API key. It is shown once; what is stored is `hashApiKey` of it. */
export function createApiKey(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString('base64url');
}

export function isApiKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** SHA-256, hex. The key has 256 random bits, so a fast hash is as good as a slow one. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

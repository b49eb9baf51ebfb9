import { createHash, randomBytes } from 'node:crypto';

const MACHINE_PREFIX = 'cyxk_';
const USER_PREFIX = 'cyx_';
const CHECKSUM_CHARS = 8;
const KEY_BYTES = 32;

/** A new API key of a machine. It is shown once; what is stored is `hashApiKey` of it. */
export function createApiKey(): string {
  return MACHINE_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
}

export function isApiKey(text: string): boolean {
  return text.startsWith(MACHINE_PREFIX);
}

/** SHA-256, hex. The key has 256 random bits, so a fast hash is as good as a slow one. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** `cyx_`, 256 random bits, and a checksum: a mistyped or cut off key is told from one that was revoked. */
const USER_KEY = new RegExp(`^${USER_PREFIX}[A-Za-z0-9_-]{43}[0-9a-f]{${CHECKSUM_CHARS}}$`);

/** A new API key of a person's programs. Shown once, like a machine's. */
export function createUserKey(): string {
  const body = USER_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  return body + checksum(body);
}

/** Whether it is written like a whole key of a person's programs. Says nothing about whether there is such a key. */
export function isUserKey(text: string): boolean {
  return USER_KEY.test(text) && checksum(text.slice(0, -CHECKSUM_CHARS)) === text.slice(-CHECKSUM_CHARS);
}

function checksum(body: string): string {
  return createHash('sha256').update(`cyx checksum ${body}`).digest('hex').slice(0, CHECKSUM_CHARS);
}

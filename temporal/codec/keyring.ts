import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';

const KEY_SIZE_BYTES = 32;
/** An unknown key id makes us look into the file again, but no more often than this: hostile ids are cheap to invent. */
const REREAD_EVERY_MS = 1_000;

export interface PayloadKey {
  /** Travels in the clear with every payload. */
  readonly id: string;
  readonly secret: KeyObject;
}

/** The keys that payloads are encrypted with. New payloads take the active one; every one that is listed decodes. */
export interface PayloadKeyring {
  active(): PayloadKey;
  /** @throws CyxError INTERNAL for a key that is not there, saying how to get it back. */
  byId(id: string): PayloadKey;
}

const keyIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"');
const secretSchema = z
  .base64()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === KEY_SIZE_BYTES, `must be ${KEY_SIZE_BYTES} bytes as base64`);
const keyringSchema = z
  .object({ active: keyIdSchema, keys: z.record(keyIdSchema, secretSchema) })
  .refine(({ active, keys }) => Object.hasOwn(keys, active), 'the active key is not among the keys');

/** Whether a keyring file may hold this. */
export function isPayloadKeyring(value: unknown): boolean {
  return keyringSchema.safeParse(value).success;
}

/** A new key as the keyring file has it; its id says when it was made. */
export function newPayloadKey(now: Date = new Date()): { readonly id: string; readonly secret: string } {
  const id = `${now.toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;
  return { id, secret: randomBytes(KEY_SIZE_BYTES).toString('base64') };
}

interface Keys {
  readonly active: PayloadKey;
  readonly all: ReadonlyMap<string, PayloadKey>;
}

function parseKeys(text: string, file: string): Keys {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = keyringSchema.safeParse(value);
  if (!parsed.success) {
    // Never the parser's own words on the value: it may hold a key.
    const where = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`).join('; ');
    throw new CyxError('INTERNAL', `The payload keys in ${file} can not be read (${where}). Put back a copy of the file: what was encrypted with a lost key can not be decoded again.`);
  }
  const all = new Map(Object.entries(parsed.data.keys).map(([id, secret]) => [id, { id, secret: createSecretKey(secret) }]));
  return { active: all.get(parsed.data.active)!, all };
}

function readKeys(file: string): Keys {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CyxError('INTERNAL', `The payload keys ${file} are not there. "npm start" makes them; elsewhere copy the platform's and name the copy by CYXWIZ_PAYLOAD_KEYS_FILE.`, { cause });
  }
  return parseKeys(text, file);
}

/**
 * Opens a keyring file `{"active": id, "keys": {id: 32 bytes as base64}}`. It is read again where a payload names a key
 * that is not known yet, so that a key which was added elsewhere needs no restart here.
 * @throws CyxError INTERNAL where the file is missing or is no keyring.
 */
export function openPayloadKeyring(file: string, nowMs: () => number = () => performance.now()): PayloadKeyring {
  let keys = readKeys(file);
  let readAtMs = nowMs();
  return {
    active: () => keys.active,
    byId(id) {
      if (!keys.all.has(id) && nowMs() - readAtMs >= REREAD_EVERY_MS) {
        readAtMs = nowMs();
        keys = readKeys(file);
      }
      const key = keys.all.get(id);
      if (key !== undefined) return key;
      throw new CyxError('INTERNAL', `A payload was encrypted with the key "${id.slice(0, 64)}", which ${file} does not hold. Put that key back under "keys"; it is found without a restart.`);
    },
  };
}

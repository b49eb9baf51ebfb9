import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import { parseConfig } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { replaceFile } from './replace-file.ts';
import { areJwtKeys, newJwtKey } from './secrets.ts';

/** A key of the file: the first one signs, each later one only verifies and says since when. */
interface StoredKey extends JWK {
  readonly retired_at?: string;
}

/** Its last token ends a day after the last process that signs with it was restarted, which has a week's time. */
const KEEP_MS = 8 * 24 * 3_600_000;

interface Rotation {
  readonly now?: Date;
  /** For a key that somebody else may know: everybody logs in again. */
  readonly dropOld?: boolean;
}

/**
 * Puts a new key in front, which signs from then on. What is left of the one before it is its public half, until its
 * tokens have ended. Gives the new key's id.
 * @throws CyxError INTERNAL where the file holds no such keys: then it is left as it is.
 */
export async function rotateJwtKey(file: string, { now = new Date(), dropOld = false }: Rotation = {}): Promise<string> {
  const fresh = await newJwtKey();
  const old = dropOld ? [] : readKeys(file).map((key) => retired(key, now)).filter(({ retired_at: since = '' }) => now.getTime() - Date.parse(since) < KEEP_MS);
  replaceFile(file, `${JSON.stringify([fresh, ...old], null, 1)}\n`);
  return fresh.kid;
}

function readKeys(file: string): readonly StoredKey[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw unreadable(file, cause);
  }
  if (!areJwtKeys(value)) throw unreadable(file);
  return [value].flat() as StoredKey[];
}

function unreadable(file: string, cause?: unknown): CyxError {
  return new CyxError('INTERNAL', `The key file ${file} can not be read, so it is left as it is. Put back a copy of it, or make a new key alone with --drop-old.`, { cause });
}

/** Its private half is no longer needed by anybody. */
function retired({ d: _private, ...key }: StoredKey, now: Date): StoredKey {
  return { ...key, retired_at: key.retired_at ?? now.toISOString() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(parseConfig(process.env).keysDir, 'jwt.json');
  const dropOld = process.argv.includes('--drop-old');
  const kid = await rotateJwtKey(file, { dropOld });
  const then = dropOld ? 'Then everybody has to log in again.' : 'Logins of before stay good until they end.';
  process.stdout.write(`Tokens are signed with ${kid} from the next start of each process on: restart them now, all together. ${then}\n`);
}

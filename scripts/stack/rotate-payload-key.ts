import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '#core/config/config';
import { newPayloadKey, openPayloadKeyring } from '#temporal/codec/keyring';
import { replaceFile } from './replace-file.ts';

/**
 * Adds a key to a keyring file and makes it the active one; the older keys stay, since open histories need them. Running
 * processes find the new key when they first meet it. Gives its id.
 * @throws CyxError INTERNAL where the file is no keyring: then it is left as it is.
 */
export function rotatePayloadKey(file: string): string {
  openPayloadKeyring(file);
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: Record<string, string> };
  const { id, secret } = newPayloadKey();
  replaceFile(file, `${JSON.stringify({ active: id, keys: { ...keys, [id]: secret } }, null, 1)}\n`);
  return id;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { keysFile } = parseConfig(process.env).temporal.privacy;
  process.stdout.write(`New payloads are encrypted with ${rotatePayloadKey(keysFile)} from the next start of each process on; older keys stay in ${keysFile}.\n`);
}

import { createSecretKey } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import type { PayloadKey, PayloadKeyring } from '../keyring.ts';

/** A keyring without a file: the first id is active, and each key is its id over and over. */
export function testKeyring(...ids: readonly [string, ...string[]]): PayloadKeyring {
  const keyOf = (id: string): PayloadKey => ({ id, secret: createSecretKey(Buffer.alloc(32, id)) });
  return {
    active: () => keyOf(ids[0]),
    byId(id) {
      if (!ids.includes(id)) throw new CyxError('INTERNAL', `no key ${id}`);
      return keyOf(id);
    },
  };
}

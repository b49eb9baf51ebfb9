import { createHmac, timingSafeEqual } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';

/** One sealing key. Tokens carry its id, so that older tokens still open after a rotation. */
export interface SealKey {
  /** 8 hexadecimal digits. */
  readonly id: string;
  readonly secret: Uint8Array;
}

export interface KeyRing {
  /** The key that seals from now on. */
  current(): SealKey;
  byId(id: string): SealKey | undefined;
}

export interface TokenSealer {
  seal(nodeId: string, token: Uint8Array): Uint8Array;
  /** @throws CyxError FORBIDDEN where this gateway did not give exactly this token to exactly this node. */
  unseal(nodeId: string, sealed: Uint8Array): Uint8Array;
}

const ID_SIZE_BYTES = 4;
const MAC_SIZE_BYTES = 32;
const HEAD_SIZE_BYTES = ID_SIZE_BYTES + MAC_SIZE_BYTES;

/**
 * A sealed task token is `key id (4) ‖ HMAC-SHA256 (32) ‖ Temporal's token`. The MAC covers the node's id with its
 * length, so no node can use another's token, guess one, or move bytes between id and token.
 */
export function createTokenSealer(keys: KeyRing): TokenSealer {
  return {
    seal(nodeId, token) {
      const key = keys.current();
      return Buffer.concat([Buffer.from(key.id, 'hex'), mac(key, nodeId, token), token]);
    },
    unseal(nodeId, sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const key = bytes.length > HEAD_SIZE_BYTES ? keys.byId(bytes.toString('hex', 0, ID_SIZE_BYTES)) : undefined;
      const token = bytes.subarray(HEAD_SIZE_BYTES);
      if (key === undefined || !timingSafeEqual(mac(key, nodeId, token), bytes.subarray(ID_SIZE_BYTES, HEAD_SIZE_BYTES))) {
        throw new CyxError('FORBIDDEN', 'This task was not given to this node');
      }
      return token;
    },
  };
}

function mac(key: SealKey, nodeId: string, token: Uint8Array): Buffer {
  const node = Buffer.from(nodeId, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(node.length);
  return createHmac('sha256', key.secret).update('cyxwiz task token 1').update(length).update(node).update(token).digest();
}

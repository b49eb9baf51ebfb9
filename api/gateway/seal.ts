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

/** Temporal's token of one task, and whether the task is an offer (from a capability queue) or the node's own run. */
export interface Task {
  readonly token: Uint8Array;
  readonly isOffer: boolean;
}

export interface TokenSealer {
  seal(nodeId: string, task: Task): Uint8Array;
  /** @throws CyxError FORBIDDEN where this gateway did not give exactly this token to exactly this node. */
  unseal(nodeId: string, sealed: Uint8Array): Task;
}

const ID_SIZE_BYTES = 4;
const MAC_SIZE_BYTES = 32;
const HEAD_SIZE_BYTES = ID_SIZE_BYTES + MAC_SIZE_BYTES;
const KIND = { run: 0, offer: 1 } as const;

/**
 * A sealed task token is `key id (4) ‖ HMAC-SHA256 (32) ‖ kind (1) ‖ Temporal's token`. The MAC covers the node's id
 * with its length and everything behind it, so no node can use another's token, guess one, move bytes between id and
 * token, or pass an offer off as its own run.
 */
export function createTokenSealer(keys: KeyRing): TokenSealer {
  return {
    seal(nodeId, { token, isOffer }) {
      const key = keys.current();
      const sealed = Buffer.concat([Uint8Array.of(isOffer ? KIND.offer : KIND.run), token]);
      return Buffer.concat([Buffer.from(key.id, 'hex'), mac(key, nodeId, sealed), sealed]);
    },
    unseal(nodeId, bytes) {
      const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const key = all.length > HEAD_SIZE_BYTES + 1 ? keys.byId(all.toString('hex', 0, ID_SIZE_BYTES)) : undefined;
      const sealed = all.subarray(HEAD_SIZE_BYTES);
      if (key === undefined || !timingSafeEqual(mac(key, nodeId, sealed), all.subarray(ID_SIZE_BYTES, HEAD_SIZE_BYTES))) {
        throw new CyxError('FORBIDDEN', 'This task was not given to this node');
      }
      return { token: sealed.subarray(1), isOffer: sealed[0] === KIND.offer };
    },
  };
}

function mac(key: SealKey, nodeId: string, sealed: Uint8Array): Buffer {
  const node = Buffer.from(nodeId, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(node.length);
  return createHmac('sha256', key.secret).update('cyxwiz task token 2').update(length).update(node).update(sealed).digest();
}

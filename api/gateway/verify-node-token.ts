import { createHash } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import type { NodeIdentity, Tokens } from '../auth/tokens.ts';
import type { VerifyNodeToken } from './types.ts';

/** As many as there may be nodes; the one that was checked longest ago makes room. */
const MAX_KNOWN = 20_000;

/**
 * The gateway's check, made of the platform's tokens. A user's token is good elsewhere, not here. A worker shows the same
 * token with every call, so what was found good is remembered until the token ends, by its hash alone.
 */
export function nodeTokenVerifier(tokens: Pick<Tokens, 'verify'>, nowMs: () => number = Date.now): VerifyNodeToken {
  const known = new Map<string, NodeIdentity>();
  return async (token) => {
    const hash = createHash('sha256').update(token).digest('base64');
    const found = known.get(hash);
    if (found !== undefined && found.expiresAtMs > nowMs()) return found;
    known.delete(hash);
    const identity = await tokens.verify(token);
    if (identity.kind !== 'node') throw new CyxError('UNAUTHENTICATED', 'A node token is needed, not the login of a user');
    for (const [oldest] of known) {
      if (known.size < MAX_KNOWN) break;
      known.delete(oldest);
    }
    known.set(hash, identity);
    return identity;
  };
}

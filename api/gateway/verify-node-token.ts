import { CyxError } from '#core/errors/cyx-error';
import type { Tokens } from '../auth/tokens.ts';
import type { VerifyNodeToken } from './types.ts';

/** The gateway's check, made of the platform's tokens. A user's token is good elsewhere, not here. */
export function nodeTokenVerifier(tokens: Pick<Tokens, 'verify'>): VerifyNodeToken {
  return async (token) => {
    const identity = await tokens.verify(token);
    if (identity.kind !== 'node') throw new CyxError('UNAUTHENTICATED', 'A node token is needed, not the login of a user');
    return identity;
  };
}

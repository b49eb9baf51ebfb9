import { CyxError } from '#core/errors/cyx-error';
import type { ServiceDeps } from './deps.ts';
import type { Services } from './types.ts';
import { loadUser } from './user-records.ts';

/** Browser sessions with the user they belong to. */
export function createSessionServices(deps: Pick<ServiceDeps, 'sessions' | 'mongo' | 'postgres'>): Services['sessions'] {
  return {
    create: (userId) => deps.sessions.create(userId),
    validate: async (cookieHeader) => {
      const session = await deps.sessions.validate(cookieHeader);
      if (session === null) return null;
      return { user: await loadUser(deps, session.userId), sessionId: session.sessionId, cookie: session.cookie };
    },
    invalidate: (sessionId) => deps.sessions.invalidate(sessionId),
  };
}

export function createTokenServices({ tokens }: Pick<ServiceDeps, 'tokens'>): Services['tokens'] {
  return {
    issueUserToken: (user) => tokens.issueUserToken({ userId: user.id, role: user.role }),
    verifyUserToken: async (token) => {
      const identity = await tokens.verify(token);
      if (identity.kind !== 'user') throw new CyxError('FORBIDDEN', 'This call needs a user’s login; a node’s token is not enough.');
      return { userId: identity.userId, role: identity.role };
    },
    verifyNodeToken: async (token) => {
      const identity = await tokens.verify(token);
      if (identity.kind !== 'node') throw new CyxError('FORBIDDEN', 'Only a node may call this, with its own token.');
      return identity;
    },
    publicKeys: () => tokens.publicKeys,
  };
}

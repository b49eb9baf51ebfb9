import type { Revocations } from '#api/auth/revocations';
import { sessionHandle } from '#api/auth/session';
import { CyxError } from '#core/errors/cyx-error';
import type { ServiceDeps } from './deps.ts';
import type { Services } from './types.ts';
import { loadUser } from './user-records.ts';

/** Browser sessions with the user they belong to. */
export function createSessionServices(deps: Pick<ServiceDeps, 'sessions' | 'mongo' | 'postgres'>, revocations: Revocations): Services['sessions'] {
  return {
    create: async (userId, origin) => {
      await revocations.epochOf(userId);
      return deps.sessions.create(userId, origin);
    },
    validate: async (cookieHeader) => {
      const session = await deps.sessions.validate(cookieHeader);
      if (session === null) return null;
      return { user: await loadUser(deps, session.userId), sessionId: session.sessionId, cookie: session.cookie };
    },
    invalidate: (sessionId) => deps.sessions.invalidate(sessionId),
    list: async (actor, currentSessionId) => {
      const current = currentSessionId === null ? null : sessionHandle(currentSessionId);
      return (await deps.sessions.list(actor.userId)).map((session) => ({ ...session, isCurrent: session.handle === current }));
    },
    revoke: async (actor, handle) => {
      if (!(await deps.sessions.revoke(actor.userId, handle))) throw new CyxError('NOT_FOUND', 'You have no such session any more.');
    },
    revokeOthers: (actor, currentSessionId) => deps.sessions.revokeAll(actor.userId, currentSessionId),
  };
}

export function createTokenServices({ tokens }: Pick<ServiceDeps, 'tokens'>, revocations: Revocations): Services['tokens'] {
  return {
    issueUserToken: async (user, lifetimeMs) => tokens.issueUserToken({ userId: user.id, role: user.role, epoch: await revocations.epochOf(user.id), lifetimeMs }),
    verifyUserToken: async (token) => {
      const identity = await tokens.verify(token);
      if (identity.kind !== 'user') throw new CyxError('FORBIDDEN', 'This call needs a user’s login; a node’s token is not enough.');
      return { userId: identity.userId, ...(await revocations.check(identity)), scopes: identity.scopes };
    },
    verifyNodeToken: async (token) => {
      const identity = await tokens.verify(token);
      if (identity.kind !== 'node') throw new CyxError('FORBIDDEN', 'Only a node may call this, with its own token.');
      return identity;
    },
    publicKeys: () => tokens.publicKeys,
  };
}

import type { SessionOrigin } from '#api/auth/session';
import type { Actor, Services, UserView } from '#api/services/types';

export interface Viewer {
  readonly user: UserView;
  readonly actor: Actor;
}

/** The login state of one request. Loaders run side by side, so the session is looked up once and shared. */
export interface RequestSession {
  current(): Promise<Viewer | null>;
  /** Begins a new session and ends the one of before: also after every change of what opens the account. */
  signIn(userId: string): Promise<void>;
  /** Null for nobody. */
  sessionId(): Promise<string | null>;
  signOut(): Promise<void>;
  /** The Set-Cookie value that the answer must carry, if any. */
  pendingCookie(): string | null;
}

export function createRequestSession(services: Services, cookieHeader: string | null, origin: SessionOrigin): RequestSession {
  let validated: ReturnType<Services['sessions']['validate']> | undefined;
  let cookie: string | null = null;
  let header = cookieHeader;

  const validate = (): ReturnType<Services['sessions']['validate']> => {
    validated ??= services.sessions.validate(header).then((result) => {
      cookie ??= result?.cookie ?? null;
      return result;
    });
    return validated;
  };

  return {
    async current() {
      const result = await validate();
      if (result === null) return null;
      const { user } = result;
      return { user, actor: { userId: user.id, role: user.role } };
    },
    async signIn(userId) {
      // A session that was there before a login is never carried over into it.
      const before = await validate();
      if (before !== null) await services.sessions.invalidate(before.sessionId);
      cookie = (await services.sessions.create(userId, origin)).cookie;
      // Pages that are made in the same request belong to the new session.
      header = cookie.split(';')[0] ?? null;
      validated = undefined;
    },
    sessionId: async () => (await validate())?.sessionId ?? null,
    async signOut() {
      const before = await validate();
      if (before !== null) cookie = (await services.sessions.invalidate(before.sessionId)).cookie;
    },
    pendingCookie: () => cookie,
  };
}

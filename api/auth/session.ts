import { createHash } from 'node:crypto';
import { MongodbAdapter } from '@lucia-auth/adapter-mongodb';
import { Lucia, TimeSpan } from 'lucia';
import type { Mongo } from '#db/mongo/connect';

const COOKIE_NAME = 'cyxwiz_session';
const LIFETIME = new TimeSpan(30, 'd');

declare module 'lucia' {
  interface Register {
    Lucia: Lucia<Partial<SessionAttributes>>;
    UserId: string;
    DatabaseSessionAttributes: Partial<SessionAttributes>;
  }
}

interface SessionAttributes {
  created_at: Date;
  user_agent: string;
  address: string;
}

/** Where a session was begun, as far as the browser said. */
export interface SessionOrigin {
  readonly userAgent?: string | undefined;
  readonly address?: string | undefined;
}

/** A session as its owner sees it. The handle names it and opens nothing: a session's id never leaves its cookie. */
export interface ListedSession extends SessionOrigin {
  readonly handle: string;
  readonly createdAt: Date | null;
  readonly expiresAt: Date;
}

/** Browser sessions. Every call of Lucia is in this file, so replacing it touches nothing else. */
export interface BrowserSessions {
  create(userId: string, origin?: SessionOrigin): Promise<{ sessionId: string; cookie: string }>;
  /** `cookie` is set where the browser's must be refreshed; null for no or an ended session. */
  validate(cookieHeader: string | null): Promise<{ userId: string; sessionId: string; cookie: string | null } | null>;
  /** Ends one session; the cookie clears the browser's. */
  invalidate(sessionId: string): Promise<{ cookie: string }>;
  /** The living sessions of a user, newest first. */
  list(userId: string): Promise<readonly ListedSession[]>;
  /** Ends the session of this handle, where it is this user's. False where there is none. */
  revoke(userId: string, handle: string): Promise<boolean>;
  /** Ends all of a user's sessions, except perhaps one. */
  revokeAll(userId: string, exceptSessionId?: string): Promise<void>;
}

const MAX_TEXT = 300;

/** The name of a session that may be shown. */
export function sessionHandle(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex').slice(0, 24);
}

/** @param options.secure set the cookie for HTTPS only; true wherever the public address is https. */
export function createBrowserSessions(mongo: Mongo, options: { secure: boolean }): BrowserSessions {
  // The adapter's own document types know no extra fields; it passes ours through untouched.
  type AdapterCollections = ConstructorParameters<typeof MongodbAdapter>;
  const adapter = new MongodbAdapter(mongo.sessions, mongo.users as unknown as AdapterCollections[1]);
  const lucia = new Lucia(adapter, {
    sessionExpiresIn: LIFETIME,
    getSessionAttributes: ({ created_at, user_agent, address }) => ({ ...(created_at && { created_at }), ...(user_agent && { user_agent }), ...(address && { address }) }),
    sessionCookie: { name: COOKIE_NAME, attributes: { sameSite: 'lax', secure: options.secure, path: '/' } },
  });
  return {
    create: async (userId, { userAgent = '', address = '' } = {}) => {
      const session = await lucia.createSession(userId, { created_at: new Date(), user_agent: userAgent.slice(0, MAX_TEXT), address });
      return { sessionId: session.id, cookie: lucia.createSessionCookie(session.id).serialize() };
    },
    validate: async (cookieHeader) => {
      const presented = cookieHeader === null ? null : lucia.readSessionCookie(cookieHeader);
      if (presented === null) return null;
      const { session } = await lucia.validateSession(presented);
      if (session === null) return null;
      const cookie = session.fresh ? lucia.createSessionCookie(session.id).serialize() : null;
      return { userId: session.userId, sessionId: session.id, cookie };
    },
    invalidate: async (sessionId) => {
      await lucia.invalidateSession(sessionId);
      return { cookie: lucia.createBlankSessionCookie().serialize() };
    },
    list: async (userId) =>
      (await lucia.getUserSessions(userId))
        .filter(({ expiresAt }) => expiresAt.getTime() > Date.now())
        .map(({ id, expiresAt, created_at: createdAt = null, user_agent: userAgent, address }) => ({ handle: sessionHandle(id), createdAt, expiresAt, userAgent, address }))
        .sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0)),
    revoke: async (userId, handle) => {
      const found = (await lucia.getUserSessions(userId)).find(({ id }) => sessionHandle(id) === handle);
      if (found !== undefined) await lucia.invalidateSession(found.id);
      return found !== undefined;
    },
    revokeAll: async (userId, exceptSessionId) => {
      if (exceptSessionId === undefined) return lucia.invalidateUserSessions(userId);
      const others = (await lucia.getUserSessions(userId)).filter(({ id }) => id !== exceptSessionId);
      await Promise.all(others.map(({ id }) => lucia.invalidateSession(id)));
    },
  };
}

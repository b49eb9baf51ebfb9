import { MongodbAdapter } from '@lucia-auth/adapter-mongodb';
import { Lucia, TimeSpan } from 'lucia';
import type { Mongo } from '#db/mongo/connect';

const COOKIE_NAME = 'cyxwiz_session';
const LIFETIME = new TimeSpan(30, 'd');

declare module 'lucia' {
  interface Register {
    Lucia: Lucia;
    UserId: string;
  }
}

/** Browser sessions. Every call of Lucia is in this file, so replacing it touches nothing else. */
export interface BrowserSessions {
  create(userId: string): Promise<{ sessionId: string; cookie: string }>;
  /** `cookie` is set where the browser's must be refreshed; null for no or an ended session. */
  validate(cookieHeader: string | null): Promise<{ userId: string; sessionId: string; cookie: string | null } | null>;
  /** Ends one session; the cookie clears the browser's. */
  invalidate(sessionId: string): Promise<{ cookie: string }>;
}

/** @param options.secure set the cookie for HTTPS only; true wherever the public address is https. */
export function createBrowserSessions(mongo: Mongo, options: { secure: boolean }): BrowserSessions {
  // The adapter's own document types know no extra fields; it passes ours through untouched.
  type AdapterCollections = ConstructorParameters<typeof MongodbAdapter>;
  const adapter = new MongodbAdapter(mongo.sessions, mongo.users as unknown as AdapterCollections[1]);
  const lucia = new Lucia(adapter, {
    sessionExpiresIn: LIFETIME,
    sessionCookie: { name: COOKIE_NAME, attributes: { sameSite: 'lax', secure: options.secure, path: '/' } },
  });
  return {
    create: async (userId) => {
      const session = await lucia.createSession(userId, {});
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
  };
}

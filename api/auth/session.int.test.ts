import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { connectMongo, type Mongo } from '#db/mongo/connect';
import { createBrowserSessions, type BrowserSessions } from './session.ts';

let mongo: Mongo;
let sessions: BrowserSessions;
const userId = randomUUID();

beforeAll(async () => {
  mongo = await connectMongo({ uri: parseConfig(inject('stackEnv')).mongodbUri });
  sessions = createBrowserSessions(mongo, { secure: true });
  const names = { email: `${userId}@example.com`, emailLower: `${userId}@example.com`, username: userId, usernameLower: userId };
  const rest = { passwordHash: 'x', role: 'user', stats: { modelsCreated: 0, downloads: 0 }, countedJobs: [], apiKeys: [], subscription: 'free' } as const;
  await mongo.users.insertOne({ _id: userId, ...names, ...rest, createdAt: new Date() });
});
afterAll(() => mongo.close());

const header = (cookie: string): string => cookie.split(';')[0]!;

it('a session lives from login to logout, in a cookie that scripts and other sites can not use', async () => {
  const { sessionId, cookie } = await sessions.create(userId);
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/Secure/);
  expect(cookie).toMatch(/SameSite=Lax/);
  expect(await sessions.validate(header(cookie))).toEqual({ userId, sessionId, cookie: null });
  const cleared = await sessions.invalidate(sessionId);
  expect(cleared.cookie).toMatch(/Max-Age=0/);
  expect(await sessions.validate(header(cookie))).toBeNull();
});

it('nothing, rubbish and an ended session are nobody', async () => {
  const { sessionId, cookie } = await sessions.create(userId);
  await mongo.sessions.updateOne({ _id: sessionId }, { $set: { expires_at: new Date(0) } });
  for (const presented of [null, '', 'cyxwiz_session=rubbish', header(cookie)]) expect(await sessions.validate(presented)).toBeNull();
});

it('a session past half of its life is renewed', async () => {
  const { sessionId, cookie } = await sessions.create(userId);
  await mongo.sessions.updateOne({ _id: sessionId }, { $set: { expires_at: new Date(Date.now() + 86_400_000) } });
  expect((await sessions.validate(header(cookie)))?.cookie).toContain(sessionId);
});

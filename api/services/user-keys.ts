import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createUserKey, hashApiKey, isUserKey } from '#api/auth/api-keys';
import type { Attempts } from '#api/auth/attempts';
import { isOver, type Revocations } from '#api/auth/revocations';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { apiKeyFields } from '#core/identity/account-fields';
import type { UserKeyDocument } from '#db/mongo/documents';
import type { ApiKeyServices, ApiKeyView } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';
import { loggedInView } from './user-records.ts';

const DAY_MS = 24 * 3_600_000;
const MAX_KEYS = 50;
/** Enough to tell one's keys apart, far too little to guess the rest. */
const START_CHARS = 12;

const createSchema = z.object({ ...apiKeyFields, scopes: apiKeyFields.scopes.transform((scopes) => [...new Set(scopes)]) });

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'temporal' | 'tokens'>;

/** Keys for a person's programs. What is kept is their SHA-256. */
export function createApiKeys(deps: Deps, { attempts, revocations }: { attempts: Attempts; revocations: Revocations }): ApiKeyServices {
  const { apiKeys, users } = deps.mongo;
  return {
    create: async (actor, input) => {
      const { name, scopes, expiresInDays } = parseInput(createSchema, input);
      if ((await apiKeys.countDocuments({ ownerId: actor.userId, kind: 'user' })) >= MAX_KEYS) {
        throw new CyxError('STATE_CONFLICT', `You have ${MAX_KEYS} keys. Revoke one that you no longer use.`);
      }
      const key = createUserKey();
      const createdAt = new Date();
      const expiresAt = expiresInDays === null ? null : new Date(createdAt.getTime() + expiresInDays * DAY_MS);
      const about = { keyId: randomUUID(), ownerId: actor.userId, name, start: key.slice(0, START_CHARS), scopes, createdAt, expiresAt, lastUsedAt: null };
      const document: UserKeyDocument = { _id: hashApiKey(key), kind: 'user', ...about };
      await apiKeys.insertOne(document);
      await users.updateOne({ _id: actor.userId }, { $addToSet: { apiKeys: about.keyId } });
      revocations.forget(actor.userId);
      return { key, view: keyView(document) };
    },
    list: async (actor) => {
      const keys = await apiKeys.find({ ownerId: actor.userId, kind: 'user' }).sort({ createdAt: -1 }).toArray();
      return keys.flatMap((key) => (key.kind === 'user' ? [keyView(key)] : []));
    },
    revoke: async (actor, keyId) => {
      const { deletedCount } = await apiKeys.deleteOne({ keyId, ownerId: actor.userId, kind: 'user' });
      if (deletedCount === 0) throw new CyxError('NOT_FOUND', 'You have no such key.');
      await users.updateOne({ _id: actor.userId }, { $pull: { apiKeys: keyId } });
      revocations.forget(actor.userId);
    },
    login: async (key, from) => {
      if (!isUserKey(key)) throw new CyxError('BAD_CREDENTIALS', 'This is no whole API key: it begins with "cyx_" and has 55 characters. Was it cut off?');
      attempts.login(`key:${key.slice(0, START_CHARS)}`, from);
      const found = await apiKeys.findOneAndUpdate({ _id: hashApiKey(key), kind: 'user' }, { $set: { lastUsedAt: new Date() } });
      if (found?.kind !== 'user') throw new CyxError('BAD_CREDENTIALS', 'There is no such API key any more. Make a new one in your settings.');
      if (isOver(found.expiresAt, Date.now())) throw new CyxError('BAD_CREDENTIALS', 'This API key has expired. Make a new one in your settings.');
      const user = await users.findOne({ _id: found.ownerId });
      if (user === null) throw new CyxError('BAD_CREDENTIALS', 'The account of this API key is gone.');
      const view = await loggedInView(deps, user);
      const { scopes, keyId } = found;
      return { user: view, scopes, ...(await deps.tokens.issueUserToken({ userId: view.id, role: view.role, scopes, epoch: user.tokenEpoch ?? 0, keyId })) };
    },
  };
}

function keyView({ keyId, name, start, scopes, createdAt, expiresAt, lastUsedAt }: UserKeyDocument): ApiKeyView {
  return { keyId, name, start, scopes, createdAt, expiresAt, lastUsedAt };
}

import { MongoClient, type Collection } from 'mongodb';
import type { ApiKeyDocument, ComputeUnitDocument, MachineDocument, OneTimeDocument, SessionDocument, UserDocument } from './documents.ts';

export interface Mongo {
  readonly users: Collection<UserDocument>;
  readonly sessions: Collection<SessionDocument>;
  readonly machines: Collection<MachineDocument>;
  readonly computeUnits: Collection<ComputeUnitDocument>;
  readonly apiKeys: Collection<ApiKeyDocument>;
  readonly oneTime: Collection<OneTimeDocument>;
  /** Throws where the server does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects and makes sure that the indexes exist. The database is the one that the URI names. */
export async function connectMongo(options: { uri: string }): Promise<Mongo> {
  // Fail within seconds, so that an edge can answer "unavailable" instead of hanging.
  const client = new MongoClient(options.uri, { serverSelectionTimeoutMS: 5_000, connectTimeoutMS: 5_000 });
  await client.connect();
  const db = client.db();
  const mongo: Mongo = {
    users: db.collection<UserDocument>('users'),
    sessions: db.collection<SessionDocument>('sessions'),
    machines: db.collection<MachineDocument>('machines'),
    computeUnits: db.collection<ComputeUnitDocument>('compute_units'),
    apiKeys: db.collection<ApiKeyDocument>('api_keys'),
    oneTime: db.collection<OneTimeDocument>('one_time'),
    ping: async () => {
      await db.command({ ping: 1 });
    },
    close: () => client.close(),
  };
  await ensureIndexes(mongo);
  return mongo;
}

async function ensureIndexes(mongo: Mongo): Promise<void> {
  await ensureEmailIndex(mongo);
  await mongo.users.createIndex(
    { 'identities.key': 1 },
    { unique: true, name: 'users_identity', partialFilterExpression: { 'identities.key': { $type: 'string' } } },
  );
  await mongo.users.createIndex({ usernameLower: 1 }, { unique: true, name: 'users_username' });
  await mongo.sessions.createIndex({ user_id: 1 }, { name: 'sessions_by_user' });
  await mongo.sessions.createIndex({ expires_at: 1 }, { expireAfterSeconds: 0, name: 'sessions_expiry' });
  await mongo.machines.createIndex({ ownerId: 1 }, { name: 'machines_by_owner' });
  await mongo.computeUnits.createIndex({ machineId: 1 }, { name: 'units_by_machine' });
  await mongo.apiKeys.createIndex({ machineId: 1 }, { name: 'keys_by_machine' });
  await mongo.apiKeys.createIndex({ ownerId: 1, kind: 1 }, { name: 'keys_by_owner' });
  await mongo.oneTime.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'one_time_expiry' });
}

/** Codes of MongoDB for dropping what is not there. */
const NO_SUCH_COLLECTION = 26;
const NO_SUCH_INDEX = 27;

/** An account may have no e-mail. Older databases have an index under which only one may. */
async function ensureEmailIndex(mongo: Mongo): Promise<void> {
  await mongo.users.createIndex(
    { emailLower: 1 },
    { unique: true, name: 'users_email_given', partialFilterExpression: { emailLower: { $type: 'string' } } },
  );
  try {
    await mongo.users.dropIndex('users_email');
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== NO_SUCH_INDEX && code !== NO_SUCH_COLLECTION) throw error;
  }
}

/** The unique index of users that a write ran into, or null where the error is another one. */
export function duplicateKeyIndex(error: unknown): 'email' | 'username' | 'identity' | null {
  if (typeof error !== 'object' || error === null || (error as { code?: unknown }).code !== 11_000) return null;
  const text = error instanceof Error ? error.message : '';
  if (text.includes('users_identity')) return 'identity';
  return text.includes('users_email') || text.includes('emailLower') ? 'email' : 'username';
}

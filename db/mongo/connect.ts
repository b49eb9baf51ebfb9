import { MongoClient, type Collection } from 'mongodb';
import type { ApiKeyDocument, ComputeUnitDocument, MachineDocument, SessionDocument, UserDocument } from './documents.ts';

export interface Mongo {
  readonly users: Collection<UserDocument>;
  readonly sessions: Collection<SessionDocument>;
  readonly machines: Collection<MachineDocument>;
  readonly computeUnits: Collection<ComputeUnitDocument>;
  readonly apiKeys: Collection<ApiKeyDocument>;
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
    ping: async () => {
      await db.command({ ping: 1 });
    },
    close: () => client.close(),
  };
  await ensureIndexes(mongo);
  return mongo;
}

async function ensureIndexes(mongo: Mongo): Promise<void> {
  await mongo.users.createIndex({ emailLower: 1 }, { unique: true, name: 'users_email' });
  await mongo.users.createIndex({ usernameLower: 1 }, { unique: true, name: 'users_username' });
  await mongo.sessions.createIndex({ user_id: 1 }, { name: 'sessions_by_user' });
  await mongo.sessions.createIndex({ expires_at: 1 }, { expireAfterSeconds: 0, name: 'sessions_expiry' });
  await mongo.machines.createIndex({ ownerId: 1 }, { name: 'machines_by_owner' });
  await mongo.computeUnits.createIndex({ machineId: 1 }, { name: 'units_by_machine' });
  await mongo.apiKeys.createIndex({ machineId: 1 }, { name: 'keys_by_machine' });
}

/** The unique index that a write ran into, or null where the error is another one. */
export function duplicateKeyIndex(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || (error as { code?: unknown }).code !== 11_000) return null;
  const text = error instanceof Error ? error.message : '';
  return text.includes('users_email') || text.includes('emailLower') ? 'email' : 'username';
}

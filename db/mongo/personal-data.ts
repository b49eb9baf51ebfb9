import type { Mongo } from './connect.ts';
import type { UserDocument } from './documents.ts';

/** Nobody gets into the account any more: its sessions, its keys and its machines' keys are gone, and all tokens are void. */
export async function closeAccount(mongo: Mongo, userId: string): Promise<void> {
  await mongo.users.updateOne({ _id: userId, closedAt: { $exists: false } }, { $set: { closedAt: new Date(), apiKeys: [] }, $inc: { tokenEpoch: 1 } });
  await Promise.all([mongo.sessions.deleteMany({ user_id: userId }), mongo.apiKeys.deleteMany({ ownerId: userId })]);
}

export async function reopenAccount(mongo: Mongo, userId: string): Promise<void> {
  await mongo.users.updateOne({ _id: userId }, { $unset: { closedAt: '' } });
}

/**
 * What is left of a person is an id without a name. It stays closed, so that a token that was issued for it opens nothing;
 * e-mail, username and every way to log in are free for others.
 */
export async function forgetPerson(mongo: Mongo, userId: string): Promise<void> {
  await Promise.all([
    mongo.machines.deleteMany({ ownerId: userId }),
    mongo.computeUnits.deleteMany({ ownerId: userId }),
    mongo.apiKeys.deleteMany({ ownerId: userId }),
    mongo.sessions.deleteMany({ user_id: userId }),
    mongo.oneTime.deleteMany({ 'data.userId': userId }),
  ]);
  const user = await mongo.users.findOne({ _id: userId });
  if (user === null) return;
  const name = `deleted-${userId}`;
  const { createdAt, closedAt = new Date(), tokenEpoch = 0 } = user;
  const nobody: Omit<UserDocument, '_id'> = {
    ...{ username: name, usernameLower: name, role: 'user', subscription: 'free', apiKeys: [], countedJobs: [] },
    ...{ stats: { modelsCreated: 0, downloads: 0 }, createdAt, closedAt, tokenEpoch },
  };
  await mongo.users.replaceOne({ _id: userId }, nobody);
}

/** All documents about a person, without what is secret. */
export async function documentsAboutUser(mongo: Mongo, userId: string) {
  const [account, sessions, apiKeys, machines, computeUnits] = await Promise.all([
    mongo.users.findOne({ _id: userId }, { projection: { passwordHash: 0 } }),
    mongo.sessions.find({ user_id: userId }, { projection: { _id: 0 } }).toArray(),
    mongo.apiKeys.find({ ownerId: userId }, { projection: { _id: 0 } }).toArray(),
    mongo.machines.find({ ownerId: userId }).toArray(),
    mongo.computeUnits.find({ ownerId: userId }).toArray(),
  ]);
  return { account, sessions, apiKeys, machines, computeUnits };
}

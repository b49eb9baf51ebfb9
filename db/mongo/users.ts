import type { Subscription } from '#core/identity/subscriptions';
import type { Mongo } from './connect.ts';

/** Writes the wallet's address into the user's document (SPEC flow 1). The wallet itself is in PostgreSQL. */
export async function setUserWallet(mongo: Mongo, userId: string, address: string): Promise<void> {
  await mongo.users.updateOne({ _id: userId }, { $set: { wallet: { address } } });
}

/** What somebody without an account gets is what everybody gets for nothing. */
export async function subscriptionOf(mongo: Pick<Mongo, 'users'>, userId: string): Promise<Subscription> {
  return (await mongo.users.findOne({ _id: userId }, { projection: { subscription: 1 } }))?.subscription ?? 'free';
}

/** Adds one to the user's `modelsCreated`, once for each job. */
export async function countModel(mongo: Mongo, userId: string, jobId: string): Promise<void> {
  await mongo.users.updateOne(
    { _id: userId, countedJobs: { $ne: jobId } },
    { $inc: { 'stats.modelsCreated': 1 }, $push: { countedJobs: jobId } },
  );
}

/** Adds one to the user's `downloads`, once for each model: whoever fetches one again has not got another. */
export async function countDownload(mongo: Mongo, userId: string, jobId: string): Promise<void> {
  await mongo.users.updateOne(
    { _id: userId, downloadedJobs: { $ne: jobId } },
    { $inc: { 'stats.downloads': 1 }, $push: { downloadedJobs: jobId } },
  );
}

import type { Mongo } from './connect.ts';

/** Writes the wallet's address into the user's document (SPEC flow 1). The wallet itself is in PostgreSQL. */
export async function setUserWallet(mongo: Mongo, userId: string, address: string): Promise<void> {
  await mongo.users.updateOne({ _id: userId }, { $set: { wallet: { address } } });
}

/** Adds one to the user's `modelsCreated`, once for each job. */
export async function countModel(mongo: Mongo, userId: string, jobId: string): Promise<void> {
  await mongo.users.updateOne(
    { _id: userId, countedJobs: { $ne: jobId } },
    { $inc: { 'stats.modelsCreated': 1 }, $push: { countedJobs: jobId } },
  );
}

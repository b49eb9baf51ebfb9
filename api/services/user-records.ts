import { randomBytes, randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { CyxError } from '#core/errors/cyx-error';
import { duplicateKeyIndex } from '#db/mongo/connect';
import type { UserDocument } from '#db/mongo/documents';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import type { OnboardingInput } from '#workflows/onboarding/messages';
import type { ServiceDeps } from './deps.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { UserView } from './types.ts';

type Deps = Pick<ServiceDeps, 'mongo' | 'temporal'>;
type Stores = Pick<ServiceDeps, 'mongo' | 'postgres'>;

/** What a new account begins with; everything else is the same for all. */
export type NewUser = Pick<UserDocument, 'email' | 'emailVerifiedAt' | 'passwordHash' | 'identities'>;

/**
 * Makes an account and starts its onboarding.
 * @param usernames in order of preference: the first that is free is taken.
 * @throws CyxError ALREADY_EXISTS that names what is taken.
 */
export async function createUser(deps: Deps, usernames: readonly string[], given: NewUser): Promise<UserDocument> {
  const user = await insertFirstFree(deps, usernames, given);
  try {
    await startOnboarding(deps, user._id);
  } catch (error) {
    // An account that nobody onboards would never get a wallet: better none, and the person tries again.
    await deps.mongo.users.deleteOne({ _id: user._id });
    throw error;
  }
  return user;
}

async function insertFirstFree(deps: Deps, usernames: readonly string[], given: NewUser): Promise<UserDocument> {
  for (const [index, username] of usernames.entries()) {
    const user = document(username, given);
    try {
      await deps.mongo.users.insertOne(user);
      return user;
    } catch (cause) {
      const taken = duplicateKeyIndex(cause);
      if (taken === null) throw cause;
      if (taken !== 'username' || index === usernames.length - 1) throw isTaken(taken, cause);
    }
  }
  throw new CyxError('INTERNAL', 'A new account needs at least one name to try');
}

function document(username: string, given: NewUser): UserDocument {
  return {
    _id: randomUUID(),
    ...given,
    ...(given.email === undefined ? {} : { emailLower: given.email.toLowerCase() }),
    username,
    usernameLower: username.toLowerCase(),
    role: 'user',
    stats: { modelsCreated: 0, downloads: 0 },
    countedJobs: [],
    apiKeys: [],
    subscription: 'free',
    createdAt: new Date(),
  };
}

const TAKEN = {
  email: 'An account with this e-mail exists already. Log in, or use another e-mail.',
  username: 'This username is taken. Choose another one.',
  identity: 'This way to log in belongs to another account. Log in with it, or unlink it there first.',
} as const;

/** The error for a write that ran into one of the users' unique indexes. */
export function isTaken(what: keyof typeof TAKEN, cause: unknown): CyxError {
  return new CyxError('ALREADY_EXISTS', TAKEN[what], { fields: [{ path: what, message: 'is taken' }], cause });
}

const MAX_USERNAME = 39;
const RANDOM_TRIES = 3;

/** Usernames to try for somebody who did not choose one: the wish, then the wish with an ending. */
export function usernamesFrom(wish: string): string[] {
  const clean = wish.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, MAX_USERNAME);
  const base = clean.length < 3 ? `user-${clean}`.replace(/-$/, '') : clean;
  const ending = (): string => `-${randomBytes(3).toString('hex')}`;
  const random = Array.from({ length: RANDOM_TRIES }, ending).map((end) => base.slice(0, MAX_USERNAME - end.length) + end);
  return [base, ...random];
}

/** Idempotent: a user is onboarded once. */
async function startOnboarding({ temporal }: Pick<ServiceDeps, 'temporal'>, userId: string): Promise<void> {
  const input: OnboardingInput = { userId };
  try {
    await temporal.workflow.start(WORKFLOW_TYPES.onboarding, {
      workflowId: workflowIds.onboarding(userId),
      taskQueue: PLATFORM_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: 'Onboarding of a new user',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw fromTemporalError(error);
  }
}

/**
 * Somebody who has just proved who they are. Their onboarding is started again where they have no wallet: normally a
 * no-op, it heals an account whose registration was cut off before its onboarding began.
 */
export async function loggedInView(deps: Deps & Stores, user: UserDocument): Promise<UserView> {
  const wallet = await findWallet(deps.postgres.db, user._id);
  if (wallet === null) await startOnboarding(deps, user._id);
  return userView(user, wallet?.address ?? null);
}

/** Throws NOT_FOUND where there is no such user. */
export async function loadUser(deps: Stores, userId: string): Promise<UserView> {
  const [user, wallet] = await Promise.all([deps.mongo.users.findOne({ _id: userId }), findWallet(deps.postgres.db, userId)]);
  if (user === null) throw new CyxError('NOT_FOUND', 'There is no such user.');
  return userView(user, wallet?.address ?? null);
}

export function userView(user: UserDocument, walletAddress: string | null): UserView {
  return {
    id: user._id,
    email: user.email ?? null,
    emailVerified: user.emailVerifiedAt !== undefined,
    username: user.username,
    role: user.role,
    subscription: user.subscription,
    wallet: walletAddress === null ? null : { address: walletAddress },
    stats: { modelsCreated: user.stats.modelsCreated, downloads: user.stats.downloads },
    apiKeys: [...user.apiKeys],
    createdAt: user.createdAt,
  };
}

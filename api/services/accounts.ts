import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { z } from 'zod';
import { createAttempts } from '#api/auth/attempts';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { duplicateKeyIndex } from '#db/mongo/connect';
import type { UserDocument } from '#db/mongo/documents';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import type { OnboardingInput } from '#workflows/onboarding/messages';
import type { ServiceDeps } from './deps.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { Services, UserView } from './types.ts';

const registrationSchema = z.object({
  email: z.email('must be an e-mail address').max(254),
  username: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,38}$/, 'must have 3 to 39 letters, digits, ".", "_" or "-" and begin with a letter or digit'),
  password: z.string().min(8, 'must have at least 8 characters').max(200, 'must have at most 200 characters'),
});
const loginSchema = z.object({ login: z.string().min(1).max(254), password: z.string().min(1).max(200) });

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'passwords' | 'temporal'>;

export function createAccounts(deps: Deps): Services['accounts'] {
  const attempts = createAttempts();
  return {
    register: async (input, from) => {
      const { email, username, password } = parseInput(registrationSchema, input);
      // Before the password is hashed: that is the costly part.
      attempts.registration(from);
      const user: UserDocument = {
        _id: randomUUID(),
        email,
        emailLower: email.toLowerCase(),
        username,
        usernameLower: username.toLowerCase(),
        passwordHash: await deps.passwords.hash(password),
        role: 'user',
        stats: { modelsCreated: 0, downloads: 0 },
        countedJobs: [],
        apiKeys: [],
        subscription: 'free',
        createdAt: new Date(),
      };
      await insertUser(deps, user);
      try {
        await startOnboarding(deps, user._id);
      } catch (error) {
        // An account that nobody onboards would never get a wallet: better none, and the person tries again.
        await deps.mongo.users.deleteOne({ _id: user._id });
        throw error;
      }
      return userView(user, null);
    },

    login: async (input, from) => {
      const { login, password } = parseInput(loginSchema, input);
      attempts.login(login, from);
      const lower = login.toLowerCase();
      const user = await deps.mongo.users.findOne(lower.includes('@') ? { emailLower: lower } : { usernameLower: lower });
      if (!(await deps.passwords.verify(user?.passwordHash ?? null, password)) || user === null) {
        throw new CyxError('BAD_CREDENTIALS', 'This e-mail or username and password do not belong together. Check both and try again.');
      }
      const wallet = await findWallet(deps.postgres.db, user._id);
      // Normally a no-op; it heals an account whose registration was cut off before its onboarding began.
      if (wallet === null) await startOnboarding(deps, user._id);
      return userView(user, wallet?.address ?? null);
    },

    get: async (actor, userId) => {
      if (actor.userId !== userId && actor.role !== 'operator') {
        throw new CyxError('FORBIDDEN', 'This profile belongs to somebody else.');
      }
      if (!z.uuid().safeParse(userId).success) throw new CyxError('NOT_FOUND', 'There is no such user.');
      return loadUser(deps, userId);
    },
  };
}

/** Throws NOT_FOUND where there is no such user. */
export async function loadUser(deps: Pick<ServiceDeps, 'mongo' | 'postgres'>, userId: string): Promise<UserView> {
  const [user, wallet] = await Promise.all([deps.mongo.users.findOne({ _id: userId }), findWallet(deps.postgres.db, userId)]);
  if (user === null) throw new CyxError('NOT_FOUND', 'There is no such user.');
  return userView(user, wallet?.address ?? null);
}

async function insertUser(deps: Deps, user: UserDocument): Promise<void> {
  try {
    await deps.mongo.users.insertOne(user);
  } catch (cause) {
    const field = duplicateKeyIndex(cause);
    if (field === null) throw cause;
    const message = field === 'email' ? 'An account with this e-mail exists already. Log in, or use another e-mail.' : 'This username is taken. Choose another one.';
    throw new CyxError('ALREADY_EXISTS', message, { fields: [{ path: field, message: 'is taken' }], cause });
  }
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

function userView(user: UserDocument, walletAddress: string | null): UserView {
  return {
    id: user._id,
    email: user.email,
    username: user.username,
    role: user.role,
    subscription: user.subscription,
    wallet: walletAddress === null ? null : { address: walletAddress },
    stats: { modelsCreated: user.stats.modelsCreated, downloads: user.stats.downloads },
    createdAt: user.createdAt,
  };
}

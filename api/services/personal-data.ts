import { z } from 'zod';
import type { Attempts } from '#api/auth/attempts';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { currentPasswordField, loginNameField } from '#core/identity/account-fields';
import { deletionBlockers } from '#core/identity/deletion';
import { documentsAboutUser } from '#db/mongo/personal-data';
import { accountTies } from '#db/postgres/holdings';
import { rowsAboutUser, storedThings } from '#db/postgres/personal-data';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import type { AccountDeletionInput } from '#workflows/account-deletion/messages';
import { confirmPassword } from './credentials.ts';
import type { ServiceDeps } from './deps.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { Actor } from './types.ts';

export interface DeletionPlan {
  /** Why the account can not go yet, with what to do about it; empty where it can. */
  readonly blockers: readonly string[];
  /** What is gone for ever afterwards. */
  readonly lost: {
    readonly datasets: number;
    readonly models: number;
    readonly machines: number;
    readonly apiKeys: number;
    /** In the managed wallet, whose key is destroyed with it. Null where there is none. */
    readonly wallet: { readonly address: string; readonly balanceBase: bigint } | null;
  };
}

/** About the actor's own account; nobody else's, whoever they are. */
export interface PersonalDataServices {
  /** Everything that is stored about the person, without keys and password hashes. */
  export(actor: Actor, userId: string): Promise<Readonly<Record<string, unknown>>>;
  deletionPlan(actor: Actor, userId: string): Promise<DeletionPlan>;
  /**
   * Starts the deletion. `username` repeats the account's name.
   * @throws CyxError STATE_CONFLICT where something ties the account, BAD_CREDENTIALS where the password is not right.
   */
  requestDeletion(actor: Actor, userId: string, confirmation: { username: string; password: string }): Promise<{ workflowId: string }>;
}

const confirmationSchema = z.object({ username: loginNameField, password: currentPasswordField });

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal' | 'chain' | 'passwords'>;

export function createPersonalData(deps: Deps, attempts: Attempts): PersonalDataServices {
  const { postgres, mongo, temporal } = deps;
  return {
    export: async (actor, userId) => {
      requireSelf(actor, userId);
      return { exportedAt: new Date(), ...(await documentsAboutUser(mongo, userId)), ...(await rowsAboutUser(postgres.db, userId)) };
    },
    deletionPlan: async (actor, userId) => {
      requireSelf(actor, userId);
      return planOf(deps, userId);
    },
    requestDeletion: async (actor, userId, confirmation) => {
      requireSelf(actor, userId);
      const { username, password } = parseInput(confirmationSchema, confirmation);
      const user = await confirmPassword(deps, attempts, { actor, password, field: 'password' });
      if (user.usernameLower !== username.trim().toLowerCase()) {
        throw new CyxError('UNPROCESSABLE', 'This is not the name of your account. Nothing was deleted.', { fields: [{ path: 'username', message: 'is not your username' }] });
      }
      const blockers = deletionBlockers(await accountTies(postgres.db, userId));
      if (blockers.length > 0) throw new CyxError('STATE_CONFLICT', blockers.join(' '));
      const workflowId = workflowIds.accountDeletion(userId);
      const input: AccountDeletionInput = { userId };
      try {
        // It may have been refused before; while one is under way, asking again changes nothing.
        const policies = { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;
        await temporal.workflow.start(WORKFLOW_TYPES.accountDeletion, { workflowId, taskQueue: PLATFORM_QUEUE, args: [input], ...policies, staticSummary: 'Deletion of an account' });
      } catch (error) {
        throw fromTemporalError(error);
      }
      return { workflowId };
    },
  };
}

async function planOf({ postgres, mongo, chain }: Deps, userId: string): Promise<DeletionPlan> {
  const [ties, wallet, rows, machines, apiKeys] = await Promise.all([
    accountTies(postgres.db, userId),
    findWallet(postgres.db, userId),
    storedThings(postgres.db, userId),
    mongo.machines.countDocuments({ ownerId: userId }),
    mongo.apiKeys.countDocuments({ ownerId: userId, kind: 'user' }),
  ]);
  const isManaged = wallet !== null && wallet.secretWrapped !== null;
  const lostWallet = isManaged ? { address: wallet.address, balanceBase: await chain.balanceBase(wallet.address) } : null;
  return { blockers: deletionBlockers(ties), lost: { ...rows, machines, apiKeys, wallet: lostWallet } };
}

function requireSelf(actor: Actor, userId: string): void {
  if (actor.userId !== userId) throw new CyxError('FORBIDDEN', 'What is stored about somebody is theirs alone to export or delete.');
}

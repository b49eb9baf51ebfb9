import { deletionBlockers } from '#core/identity/deletion';
import type { Database } from '#db/postgres/database';
import { accountTies } from '#db/postgres/holdings';
import { shredUserKeys } from '#db/postgres/personal-data';
import type { AccountDeletionActivities } from './contract.ts';
import { asActivities } from './failure.ts';

export interface AccountDeletionDeps {
  readonly db: Database;
  /** What is to be done where accounts are kept. Each may be repeated. */
  readonly accounts: Readonly<Record<'close' | 'reopen' | 'forget', (userId: string) => Promise<void>>>;
}

export function createAccountDeletionActivities({ db, accounts }: AccountDeletionDeps): AccountDeletionActivities {
  return asActivities<AccountDeletionActivities>({
    checkDeletable: async ({ userId }) => ({ blockers: deletionBlockers(await accountTies(db, userId)) }),
    closeAccount: ({ userId }) => accounts.close(userId),
    reopenAccount: ({ userId }) => accounts.reopen(userId),
    shredStoredData: ({ userId }) => shredUserKeys(db, userId),
    forgetPerson: ({ userId }) => accounts.forget(userId),
  });
}

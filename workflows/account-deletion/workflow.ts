import { CancellationScope, proxyLocalActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { AccountDeletionActivities } from '#activities/platform/contract';
import { DATABASE } from '#temporal/contract/retry';
import type { AccountDeletionInput, AccountDeletionResult } from './messages.ts';

const activities = proxyLocalActivities<AccountDeletionActivities>(DATABASE);

/** Longer than any call takes: what began before the account was closed is over, or is seen by the second look. */
const CALLS_END_MS = 45_000;

/** Look → close → let running calls end → look again → destroy the keys → forget the person. */
export async function accountDeletionWorkflow({ userId }: AccountDeletionInput): Promise<AccountDeletionResult> {
  const { blockers } = await activities.checkDeletable({ userId });
  if (blockers.length > 0) return refused(blockers);
  try {
    // Not left half-way: a closing that still runs would undo the opening below.
    await CancellationScope.nonCancellable(() => activities.closeAccount({ userId }));
    setCurrentDetails('closed; calls that began before may end');
    await sleep(CALLS_END_MS);
    const late = await activities.checkDeletable({ userId });
    if (late.blockers.length > 0) {
      await activities.reopenAccount({ userId });
      return refused(late.blockers);
    }
  } catch (error) {
    // Cancelled by an operator, while nothing is destroyed yet.
    await CancellationScope.nonCancellable(() => activities.reopenAccount({ userId }));
    throw error;
  }
  // From here there is no way back, so nothing stops it half-way.
  return CancellationScope.nonCancellable(async () => {
    await activities.shredStoredData({ userId });
    await activities.forgetPerson({ userId });
    setCurrentDetails('deleted');
    return { isDeleted: true, blockers: [] };
  });
}

function refused(blockers: readonly string[]): AccountDeletionResult {
  setCurrentDetails(`not deleted: ${blockers.join(' ')}`);
  return { isDeleted: false, blockers };
}

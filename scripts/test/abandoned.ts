import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers, hasLeftovers } from '../stack/leftovers.ts';
import { removeDataOutside } from '../stack/services/postgres-account.ts';

/** Beginning of the names of the folders that hold test stacks. */
export const TEST_FOLDER_PREFIX = 'cyxwiz-test-';

/**
 * Ends and removes test stacks whose run was killed: their folders have random names, so no later start
 * would come upon them by itself. A stack whose run still lives is left alone.
 */
export async function endAbandonedStacks(parent = tmpdir()): Promise<string[]> {
  const abandoned = readdirSync(parent)
    .filter((name) => name.startsWith(TEST_FOLDER_PREFIX))
    .map((name) => join(parent, name))
    .filter((folder) => hasLeftovers(join(folder, 'home', 'run')));
  for (const folder of abandoned) {
    await endLeftovers(join(folder, 'home', 'run'), () => undefined);
    removeDataOutside(join(folder, 'home'));
    rmSync(folder, { recursive: true, force: true });
  }
  return abandoned;
}

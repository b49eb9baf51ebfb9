import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '#core/config/config';
import { freePortsEnv } from '../stack/free-ports.ts';
import { removeDataOutside } from '../stack/services/postgres-account.ts';
import { startStack, type Stack } from '../stack/start-stack.ts';
import { endAbandonedStacks, TEST_FOLDER_PREFIX } from './abandoned.ts';
import type { ServiceName } from '../stack/service.ts';

export interface TemporaryStack {
  readonly stack: Stack;
  /** Ends the stack and removes its state. */
  remove(): Promise<void>;
}

/** Many nodes are registered in tests, some by a solver in plain TypeScript. */
const SMALL_CHALLENGE_MIB = '1';

/** A real stack on free ports whose state lies in a folder of its own. */
export async function temporaryStack(only?: readonly ServiceName[]): Promise<TemporaryStack> {
  await endAbandonedStacks();
  const folder = mkdtempSync(join(tmpdir(), TEST_FOLDER_PREFIX));
  // PostgreSQL runs under another account when this is root, and has to reach its folder.
  chmodSync(folder, 0o755);
  const lines: string[] = [];
  const config = parseConfig({ ...(await freePortsEnv()), CYXWIZ_HOME: join(folder, 'home'), CYXWIZ_CHALLENGE_CPU_MIB: SMALL_CHALLENGE_MIB });
  const remove = (): void => {
    removeDataOutside(config.home);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const stack = await startStack({ config, log: (line) => lines.push(line), ...(only === undefined ? {} : { only }) });
    return {
      stack,
      async remove() {
        await stack.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw new Error(`The test stack did not start:\n${lines.join('\n')}`, { cause: error });
  }
}

import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import type { ServiceName } from '../stack/service.ts';
import { WORKERS } from '../stack/services/worker.ts';
import './provided.ts';
import { temporaryStack } from './temporary-stack.ts';

const ALL: readonly ServiceName[] = ['postgres', 'mongo', 'temporal', 'localnet', 'storage'];
// TODO before the first release: all of them, always. Until then those that are in the checkout.
const SERVERS = ALL.filter((name) => !(name in WORKERS) || existsSync(`workers/${name}.ts`));

/** One stack of servers for the whole `integration` project; our workers proper are started by the tests that need them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporary = await temporaryStack(SERVERS);
  project.provide('stackEnv', temporary.stack.env);
  return () => temporary.remove();
}

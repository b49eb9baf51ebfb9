import type { TestProject } from 'vitest/node';
import type { ServiceName } from '../stack/service.ts';
import './provided.ts';
import { temporaryStack } from './temporary-stack.ts';

const SERVERS: readonly ServiceName[] = ['postgres', 'mongo', 'temporal', 'localnet', 'storage'];

/** One stack of servers for the whole `integration` project; our workers proper are started by the tests that need them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporary = await temporaryStack(SERVERS);
  project.provide('stackEnv', temporary.stack.env);
  return () => temporary.remove();
}

import type { TestProject } from 'vitest/node';
import './provided.ts';
import { temporaryStack } from './temporary-stack.ts';

/** The platform with all its processes, for the `e2e` project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stack, remove } = await temporaryStack();
  project.provide('stackEnv', stack.env);
  return remove;
}

import type { TestProject } from 'vitest/node';
import './provided.ts';
import { temporaryStack } from './temporary-stack.ts';

/** The platform with all its processes, for the `e2e` project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporary = await temporaryStack();
  project.provide('stackEnv', temporary.stack.env);
  return () => temporary.remove();
}

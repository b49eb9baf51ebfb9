import { Context } from '@temporalio/activity';

const EVERY_MS = 2_500;

type Activity = (...args: never[]) => Promise<unknown>;

/**
 * Lets activities show that their worker lives while they wait: for a chain, say. One whose worker was killed is then
 * tried again within seconds, and not only when all the time that it may take is over.
 */
export function beating<T extends { [K in keyof T]: Activity }>(activities: T): T {
  const wrapped = Object.entries<Activity>(activities).map(([name, run]) => [name, (...args: never[]) => whileBeating(() => run(...args))]);
  return Object.fromEntries(wrapped) as T;
}

async function whileBeating(run: () => Promise<unknown>): Promise<unknown> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(beat);
  }
}

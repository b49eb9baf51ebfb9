import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '#core/config/config';
import { hasLeftovers } from './leftovers.ts';

const healthSchema = z.object({ service: z.literal('cyxwiz') });
const TIMEOUT_MS = 1_500;

/**
 * Whether a platform of ours is up and looked after. Services that a killed stack left behind still answer,
 * but nobody looks after them: then it is `false`, and `startStack` ends them and starts anew.
 */
export async function isPlatformUp(config: Config): Promise<boolean> {
  return !hasLeftovers(join(config.home, 'run')) && (await answersAsOurs(config.publicUrls.web));
}

async function answersAsOurs(webUrl: string): Promise<boolean> {
  try {
    const answer = await fetch(`${webUrl}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer.ok && healthSchema.safeParse(await answer.json()).success;
  } catch {
    return false;
  }
}

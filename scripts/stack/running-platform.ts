import { z } from 'zod';

const healthSchema = z.object({ service: z.literal('cyxwiz') });
const TIMEOUT_MS = 1_500;

/** Whether a healthy platform of ours answers there. Anything else, or nothing, is `false`. */
export async function isOurPlatform(webUrl: string): Promise<boolean> {
  try {
    const answer = await fetch(`${webUrl}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer.ok && healthSchema.safeParse(await answer.json()).success;
  } catch {
    return false;
  }
}

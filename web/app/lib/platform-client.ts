import type { CyxWizClient } from '#api/client/client';
import { CyxError } from '#core/errors/cyx-error';

interface ConnectOptions {
  /** Where the storage gateway is. */
  readonly storageUrl: string;
  readonly storageFetch?: typeof globalThis.fetch;
}

/** The SDK as whoever is logged in. Loaded when something is to be encrypted or decrypted: pages that only show things go without. */
export async function connectPlatform(options: ConnectOptions): Promise<CyxWizClient> {
  const [{ createBrowserClient }, token] = await Promise.all([import('#api/client/client'), accessToken()]);
  return createBrowserClient({ httpUrl: window.location.origin, token, ...options });
}

async function accessToken(): Promise<string> {
  const response = await fetch('/access-token', { method: 'POST' });
  const { token } = (await response.json()) as { token: string | null };
  if (token === null) throw new CyxError('UNAUTHENTICATED', 'You are not logged in any more. Log in again, then repeat this.');
  return token;
}

/** What to tell somebody whose upload or download failed. */
export function failureText(error: unknown): string {
  if (error instanceof CyxError) return error.message;
  return 'The connection broke. Check that you are online, then try again.';
}

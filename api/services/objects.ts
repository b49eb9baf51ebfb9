import type { Tokens } from '#api/auth/tokens';
import { CyxError } from '#core/errors/cyx-error';
import { CyxCloudClient } from '#cyxcloud/client/client';

const HEAD_TIMEOUT_MS = 10_000;

/** What the platform itself asks about objects in CyxCloud: whoever names one is not believed about its size. */
export interface ObjectDirectory {
  /**
   * Bytes that the CID addresses, as the storage gateway has them; null where there is no such object.
   * @throws CyxError INVALID_INPUT for what is no CID, UNAVAILABLE where the gateway does not answer in time,
   * STORAGE_DATA_LOSS where too few shards are left.
   */
  encryptedBytes(cid: string): Promise<number | null>;
}

export interface ObjectDirectoryOptions {
  /** Base URL of the storage gateway. */
  readonly storageUrl: string;
  readonly tokens: Pick<Tokens, 'issueUserToken'>;
}

export function createObjectDirectory({ storageUrl, tokens }: ObjectDirectoryOptions): ObjectDirectory {
  const cloud = new CyxCloudClient({
    baseUrl: storageUrl,
    token: async () => (await tokens.issueUserToken({ userId: 'platform-api', role: 'operator' })).token,
    fetch: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(HEAD_TIMEOUT_MS) }),
  });
  return {
    encryptedBytes: async (cid) => {
      try {
        return (await cloud.head(cid)).encryptedBytes;
      } catch (error) {
        if (error instanceof CyxError && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
  };
}

import { createHash, randomBytes } from 'node:crypto';
import type { Mongo } from '#db/mongo/connect';

/** What a one-time secret is for; one for this purpose is worth nothing for another. */
export type OneTimePurpose = 'wallet-login' | 'wallet-link' | 'oauth' | 'verify-email' | 'reset-password';

/** Nonces, OAuth states and the secrets of e-mailed links. What is stored is a hash, so a stolen database opens nothing. */
export interface OneTimeSecrets {
  /** Letters, digits, "-" and "_"; 256 random bits. `make` derives the data from the secret where it must hold it. */
  issue(purpose: OneTimePurpose, lifetimeMs: number, data: OneTimeData | ((secret: string) => OneTimeData)): Promise<IssuedSecret>;
  /** The data, for the first who brings the secret in time; null for everybody else. */
  take(purpose: OneTimePurpose, secret: string): Promise<OneTimeData | null>;
  /** Whether `take` would succeed now. Uses nothing up. */
  isGood(purpose: OneTimePurpose, secret: string): Promise<boolean>;
}

export type OneTimeData = Readonly<Record<string, string>>;

export interface IssuedSecret {
  readonly secret: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const SECRET_BYTES = 32;

export function createOneTimeSecrets(mongo: Pick<Mongo, 'oneTime'>, now: () => Date = () => new Date()): OneTimeSecrets {
  return {
    issue: async (purpose, lifetimeMs, data) => {
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      const issuedAt = now();
      const expiresAt = new Date(issuedAt.getTime() + lifetimeMs);
      await mongo.oneTime.insertOne({ _id: hashOf(secret), purpose, data: typeof data === 'function' ? data(secret) : data, expiresAt });
      return { secret, issuedAt, expiresAt };
    },
    take: async (purpose, secret) => {
      // Found and deleted in one step: of two who bring the same secret at the same time, one gets nothing.
      const found = await mongo.oneTime.findOneAndDelete({ _id: hashOf(secret), purpose });
      // The database clears away what has expired, but only now and then.
      return found === null || found.expiresAt.getTime() <= now().getTime() ? null : found.data;
    },
    isGood: async (purpose, secret) => (await mongo.oneTime.countDocuments({ _id: hashOf(secret), purpose, expiresAt: { $gt: now() } })) > 0,
  };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

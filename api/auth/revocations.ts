import { CyxError } from '#core/errors/cyx-error';
import type { Subscription } from '#core/identity/subscriptions';
import type { Mongo } from '#db/mongo/connect';
import type { UserIdentity, UserRole } from './tokens.ts';

/** Tokens are good for a day wherever they are; this is how they are taken back before. */
export interface Revocations {
  /**
   * What the account may do now, whatever the token says. Looked up at most every two seconds for one account.
   * @throws CyxError UNAUTHENTICATED where the token, or the API key behind it, was taken back; UNAVAILABLE where nobody can say.
   */
  check(identity: UserIdentity): Promise<{ role: UserRole; subscription?: Subscription }>;
  /** All tokens that the account has now are worth nothing from here on. */
  revokeTokens(userId: string): Promise<void>;
  /** What was looked up about the account no longer holds. */
  forget(userId: string): void;
  /** The number that a new token of the account must carry. FORBIDDEN where the account is being deleted. */
  epochOf(userId: string): Promise<number>;
}

const REMEMBER_MS = 2_000;
const MAX_REMEMBERED = 10_000;

interface Standing {
  readonly atMs: number;
  /** Null for the platform's own parts, which have no account; one that is being deleted has an epoch that no token reaches. */
  readonly account: { readonly role: UserRole; readonly subscription: Subscription; readonly epoch: number; readonly keyIds: ReadonlySet<string> } | null;
}

export function createRevocations(mongo: Pick<Mongo, 'users' | 'apiKeys'>, nowMs: () => number = Date.now): Revocations {
  const known = new Map<string, Standing>();

  const lookUp = async (userId: string): Promise<Standing> => {
    const [user, keys] = await Promise.all([
      mongo.users.findOne({ _id: userId }, { projection: { role: 1, subscription: 1, tokenEpoch: 1, closedAt: 1 } }),
      mongo.apiKeys.find({ ownerId: userId, kind: 'user' }).toArray(),
    ]);
    const keyIds = new Set(keys.flatMap((key) => (key.kind === 'user' && !isOver(key.expiresAt, nowMs()) ? [key.keyId] : [])));
    return { atMs: nowMs(), account: user === null ? null : { role: user.role, subscription: user.subscription, epoch: user.closedAt === undefined ? (user.tokenEpoch ?? 0) : Infinity, keyIds } };
  };
  const standing = async (userId: string): Promise<Standing> => {
    const remembered = known.get(userId);
    if (remembered !== undefined && nowMs() - remembered.atMs < REMEMBER_MS) return remembered;
    const fresh = await lookUp(userId);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(userId, fresh);
    return fresh;
  };

  return {
    check: async ({ userId, role, epoch, keyId }) => {
      const { account } = await standing(userId).catch((cause: unknown) => {
        throw new CyxError('UNAVAILABLE', 'The accounts do not answer, so nobody can say whether this login still holds. Try again in a moment.', { cause });
      });
      if (account === null) return { role };
      if (epoch < account.epoch || (keyId !== null && !account.keyIds.has(keyId))) {
        throw new CyxError('UNAUTHENTICATED', 'This login was taken back. Log in again.');
      }
      return { role: account.role, subscription: account.subscription };
    },
    revokeTokens: async (userId) => {
      await mongo.users.updateOne({ _id: userId }, { $inc: { tokenEpoch: 1 } });
      known.delete(userId);
    },
    forget: (userId) => void known.delete(userId),
    epochOf: async (userId) => {
      const user = await mongo.users.findOne({ _id: userId }, { projection: { tokenEpoch: 1, closedAt: 1 } });
      if (user?.closedAt !== undefined) throw new CyxError('FORBIDDEN', 'This account is being deleted: nobody gets in any more.');
      return user?.tokenEpoch ?? 0;
    },
  };
}

/** @internal */
export function isOver(expiresAt: Date | null, nowMs: number): boolean {
  return expiresAt !== null && expiresAt.getTime() <= nowMs;
}

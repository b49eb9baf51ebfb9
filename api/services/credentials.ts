import { z } from 'zod';
import type { Attempts } from '#api/auth/attempts';
import type { Revocations } from '#api/auth/revocations';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { currentPasswordField, emailField, passwordField } from '#core/identity/account-fields';
import { ROLES } from '#core/identity/roles';
import { duplicateKeyIndex } from '#db/mongo/connect';
import type { UserDocument } from '#db/mongo/documents';
import type { CredentialServices } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';
import type { Actor } from './types.ts';
import { isTaken, loadUser } from './user-records.ts';

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'sessions' | 'passwords'>;

/** Changes of what opens an account. Whoever knew the old way in is out afterwards. */
export function createCredentials(deps: Deps, { attempts, revocations }: { attempts: Attempts; revocations: Revocations }): CredentialServices {
  const endAll = async (userId: string): Promise<void> => {
    await Promise.all([revocations.revokeTokens(userId), deps.sessions.revokeAll(userId)]);
  };

  return {
    setPassword: async (actor, input) => {
      const { current, password } = parseInput(z.object({ current: currentPasswordField, password: passwordField }), input);
      await confirmPassword(deps, attempts, { actor, password: current, field: 'current' });
      await deps.mongo.users.updateOne({ _id: actor.userId }, { $set: { passwordHash: await deps.passwords.hash(password) } });
      await endAll(actor.userId);
    },
    setEmail: async (actor, input) => {
      const { email, password } = parseInput(z.object({ email: emailField, password: currentPasswordField }), input);
      const user = await confirmPassword(deps, attempts, { actor, password, field: 'password' });
      const emailLower = email.toLowerCase();
      if (user.emailLower === emailLower) return loadUser(deps, actor.userId);
      try {
        await deps.mongo.users.updateOne({ _id: actor.userId }, { $set: { email, emailLower }, $unset: { emailVerifiedAt: '' } });
      } catch (cause) {
        if (duplicateKeyIndex(cause) === null) throw cause;
        throw isTaken('email', cause);
      }
      return loadUser(deps, actor.userId);
    },
    setRole: async (actor, userId, role) => {
      if (!ROLES[actor.role].mayGrantRoles) throw new CyxError('FORBIDDEN', 'Only an operator may change roles.');
      const { matchedCount } = await deps.mongo.users.updateOne({ _id: userId }, { $set: { role } });
      if (matchedCount === 0) throw new CyxError('NOT_FOUND', 'There is no such user.');
      await endAll(userId);
      return loadUser(deps, userId);
    },
  };
}

/** A stolen session must not be enough. Accounts without a password have nothing to ask for. */
export async function confirmPassword(
  { mongo, passwords }: Pick<ServiceDeps, 'mongo' | 'passwords'>,
  attempts: Attempts,
  { actor, password, field }: { actor: Actor; password: string; field: string },
): Promise<UserDocument> {
  const user = await mongo.users.findOne({ _id: actor.userId });
  if (user === null) throw new CyxError('NOT_FOUND', 'There is no such user.');
  if (user.passwordHash === undefined) return user;
  attempts.login(user.usernameLower, undefined);
  if (await passwords.verify(user.passwordHash, password)) return user;
  throw new CyxError('BAD_CREDENTIALS', 'This is not your current password.', { fields: [{ path: field, message: 'is not right' }] });
}

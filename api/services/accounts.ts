import { z } from 'zod';
import type { Attempts } from '#api/auth/attempts';
import type { Revocations } from '#api/auth/revocations';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { currentPasswordField, emailField, loginNameField, passwordField, usernameField } from '#core/identity/account-fields';
import { idText } from '#core/input/ids';
import { ROLES } from '#core/identity/roles';
import type { UserDocument } from '#db/mongo/documents';
import type { ServiceDeps } from './deps.ts';
import type { Actor, Services } from './types.ts';
import { createUser, loadUser, loggedInView, userView } from './user-records.ts';

const registrationSchema = z.object({ email: emailField, username: usernameField, password: passwordField });
const loginSchema = z.object({ login: loginNameField, password: currentPasswordField.min(1, 'must not be empty') });

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'passwords' | 'temporal'>;

/** @param welcome told of every new account; its failure is not the registration's. */
export function createAccounts(deps: Deps, { attempts, revocations }: { attempts: Attempts; revocations: Revocations }, welcome: (user: Actor) => void): Services['accounts'] {
  return {
    register: async (input, from) => {
      const { email, username, password } = parseInput(registrationSchema, input);
      // Before the password is hashed: that is the costly part.
      attempts.registration(from);
      const user = await createUser(deps, [username], { email, passwordHash: await deps.passwords.hash(password) });
      welcome({ userId: user._id, role: user.role });
      return userView(user, null);
    },

    login: async (input, from) => {
      const { login, password } = parseInput(loginSchema, input);
      attempts.login(login, from);
      const lower = login.toLowerCase();
      const user = await deps.mongo.users.findOne(lower.includes('@') ? { emailLower: lower } : { usernameLower: lower });
      if (!(await deps.passwords.verify(user?.passwordHash ?? null, password)) || user === null) {
        throw new CyxError('BAD_CREDENTIALS', 'This e-mail or username and password do not belong together. Check both and try again.');
      }
      await renewHash(deps, user, password);
      return loggedInView(deps, user);
    },

    get: async (actor, userId) => {
      if (actor.userId !== userId && actor.role !== 'operator') {
        throw new CyxError('FORBIDDEN', 'This profile belongs to somebody else.');
      }
      if (!idText('a user').safeParse(userId).success) throw new CyxError('NOT_FOUND', 'There is no such user.');
      return loadUser(deps, userId);
    },

    setSubscription: async (actor, userId, subscription) => {
      if (!ROLES[actor.role].mayOperate) throw new CyxError('FORBIDDEN', 'Only an operator may change subscriptions.');
      const { matchedCount } = await deps.mongo.users.updateOne({ _id: userId, closedAt: { $exists: false } }, { $set: { subscription } });
      if (matchedCount === 0) throw new CyxError('NOT_FOUND', 'There is no such user.');
      revocations.forget(userId);
      return loadUser(deps, userId);
    },
  };
}

/** The moment of a login is the only one in which the password is known, so an old hash is replaced then. */
async function renewHash({ mongo, passwords }: Pick<Deps, 'mongo' | 'passwords'>, { _id, passwordHash }: UserDocument, password: string): Promise<void> {
  if (passwordHash === undefined || !passwords.isOutdated(passwordHash)) return;
  // Only over the hash that was checked: a password that was changed meanwhile stays.
  await mongo.users.updateOne({ _id, passwordHash }, { $set: { passwordHash: await passwords.hash(password) } });
}

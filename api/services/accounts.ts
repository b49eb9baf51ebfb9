import { z } from 'zod';
import type { Attempts } from '#api/auth/attempts';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import type { ServiceDeps } from './deps.ts';
import type { Services } from './types.ts';
import { createUser, loadUser, loggedInView, userView } from './user-records.ts';

const registrationSchema = z.object({
  email: z.email('must be an e-mail address').max(254),
  username: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,38}$/, 'must have 3 to 39 letters, digits, ".", "_" or "-" and begin with a letter or digit'),
  password: z.string().min(8, 'must have at least 8 characters').max(200, 'must have at most 200 characters'),
});
const loginSchema = z.object({ login: z.string().min(1).max(254), password: z.string().min(1).max(200) });

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'passwords' | 'temporal'>;

export function createAccounts(deps: Deps, attempts: Attempts): Services['accounts'] {
  return {
    register: async (input, from) => {
      const { email, username, password } = parseInput(registrationSchema, input);
      // Before the password is hashed: that is the costly part.
      attempts.registration(from);
      const user = await createUser(deps, [username], { email, passwordHash: await deps.passwords.hash(password) });
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
      return loggedInView(deps, user);
    },

    get: async (actor, userId) => {
      if (actor.userId !== userId && actor.role !== 'operator') {
        throw new CyxError('FORBIDDEN', 'This profile belongs to somebody else.');
      }
      if (!z.uuid().safeParse(userId).success) throw new CyxError('NOT_FOUND', 'There is no such user.');
      return loadUser(deps, userId);
    },
  };
}

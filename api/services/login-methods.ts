import { CyxError } from '#core/errors/cyx-error';
import { duplicateKeyIndex, type Mongo } from '#db/mongo/connect';
import type { IdentityDocument, UserDocument } from '#db/mongo/documents';
import type { LoginMethodServices, LoginMethodView } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';
import type { Actor } from './types.ts';
import { isTaken } from './user-records.ts';

/** The ways into one's account. The last one stays. */
export function createLoginMethods({ mongo }: Pick<ServiceDeps, 'mongo'>): LoginMethodServices {
  return {
    list: async (actor) => methodsOf(await mustFind(mongo, actor)),
    unlink: async (actor, id) => {
      const user = await mustFind(mongo, actor);
      const method = methodsOf(user).find((one) => one.id === id);
      if (method === undefined) throw new CyxError('NOT_FOUND', 'Your account has no such way to log in.');
      if (!(await removeUnlessLast(mongo, actor.userId, id))) {
        throw new CyxError('STATE_CONFLICT', 'This is the only way into your account. Set a password or link another way first.');
      }
    },
  };
}

/** Looks and removes in one step, so that two removals at the same time can not take the last two. */
async function removeUnlessLast(mongo: Mongo, userId: string, id: string): Promise<boolean> {
  const result =
    id === 'password'
      ? await mongo.users.updateOne({ _id: userId, passwordHash: { $type: 'string' }, 'identities.0': { $exists: true } }, { $unset: { passwordHash: '' } })
      : await mongo.users.updateOne(
          { _id: userId, 'identities.key': id, $or: [{ passwordHash: { $type: 'string' } }, { 'identities.1': { $exists: true } }] },
          { $pull: { identities: { key: id } } },
        );
  return result.modifiedCount === 1;
}

/** Adds a way in, once its owner has proved that it is theirs. Linking the same again changes nothing. */
export async function linkIdentity(mongo: Mongo, actor: Actor, identity: IdentityDocument): Promise<LoginMethodView> {
  try {
    const { matchedCount } = await mongo.users.updateOne({ _id: actor.userId, 'identities.key': { $ne: identity.key } }, { $push: { identities: identity } });
    if (matchedCount === 0) await mustFind(mongo, actor);
  } catch (cause) {
    if (duplicateKeyIndex(cause) === null) throw cause;
    throw isTaken('identity', cause);
  }
  const linked = methodsOf(await mustFind(mongo, actor)).find(({ id }) => id === identity.key);
  if (linked === undefined) throw new CyxError('CONFLICT', 'It was unlinked at the same time. Try again.');
  return linked;
}

async function mustFind(mongo: Mongo, actor: Actor): Promise<UserDocument> {
  const user = await mongo.users.findOne({ _id: actor.userId });
  if (user === null) throw new CyxError('NOT_FOUND', 'There is no such user.');
  return user;
}

function methodsOf({ passwordHash, identities = [] }: UserDocument): LoginMethodView[] {
  const isRemovable = identities.length + (passwordHash === undefined ? 0 : 1) > 1;
  const password = { id: 'password', kind: 'password', label: 'Password', linkedAt: null, isRemovable } as const;
  return [
    ...(passwordHash === undefined ? [] : [password]),
    ...identities.map(({ key, kind, label, linkedAt }) => ({ id: key, kind, label, linkedAt, isRemovable })),
  ];
}

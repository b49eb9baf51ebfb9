import { createHash, randomBytes } from 'node:crypto';
import type { Attempts } from '#api/auth/attempts';
import type { OauthKind, OauthProfile, OauthProvider } from '#api/auth/oauth';
import type { OneTimeSecrets } from '#api/auth/one-time';
import { CyxError } from '#core/errors/cyx-error';
import type { IdentityDocument, UserDocument } from '#db/mongo/documents';
import type { OauthServices } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';
import { linkIdentity } from './login-methods.ts';
import { createUser, loadUser, loggedInView, usernamesFrom } from './user-records.ts';

const LOGIN_LIFETIME_MS = 10 * 60_000;

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'temporal' | 'oauth'>;

/** Logging in and linking with GitHub and Google: authorization code, PKCE, a state that is good once. */
export function createOauthServices(deps: Deps, secrets: OneTimeSecrets, attempts: Attempts): OauthServices {
  const providerOf = (kind: OauthKind): OauthProvider => {
    const provider = deps.oauth[kind];
    if (provider === undefined) throw new CyxError('NOT_FOUND', 'This platform has no login with that site.');
    return provider;
  };
  return {
    kinds: () => (['github', 'google'] as const).filter((kind) => deps.oauth[kind] !== undefined),
    begin: async (kind, { linkTo, next = '' }, from) => {
      attempts.challenge(from);
      const provider = providerOf(kind);
      const made = { verifier: random(), nonce: random() };
      const { secret: state } = await secrets.issue('oauth', LOGIN_LIFETIME_MS, { kind, next, ...made, linkTo: linkTo?.userId ?? '' });
      return { state, url: await provider.authorizationUrl(state, made) };
    },
    finish: async (kind, { state, code, browserState, actor }, from) => {
      const provider = providerOf(kind);
      // The state must have been given to this very browser, or somebody is being logged in as somebody else.
      const data = sameText(state, browserState) ? await secrets.take('oauth', state) : null;
      if (data === null || data['kind'] !== kind) throw new CyxError('BAD_CREDENTIALS', 'This login was begun elsewhere, was used already, or took longer than 10 minutes. Try again.');
      const profile = await provider.identify(code, { verifier: data['verifier'] ?? '', nonce: data['nonce'] ?? '' });
      const identity: IdentityDocument = { key: `${kind}:${profile.subject}`, kind, label: profile.label, linkedAt: new Date() };
      const next = data['next'] ?? '';
      if (data['linkTo'] === '') return { user: await loggedInView(deps, await findOrCreate(deps, identity, profile, () => attempts.registration(from))), next };
      if (actor === null || actor.userId !== data['linkTo']) throw new CyxError('BAD_CREDENTIALS', 'The link was begun by another account. Start again.');
      await linkIdentity(deps.mongo, actor, identity);
      return { user: await loadUser(deps, actor.userId), next };
    },
  };
}

/**
 * An account of the same address is opened only where both sides have verified it: an address that anybody may type in
 * must not become a way into somebody else's account, nor keep a stranger's password on one's own.
 */
async function findOrCreate({ mongo, ...deps }: Deps, identity: IdentityDocument, profile: OauthProfile, beforeCreate: () => void): Promise<UserDocument> {
  const known = await mongo.users.findOne({ 'identities.key': identity.key });
  if (known !== null) return known;
  const { verifiedEmail: email } = profile;
  const sameAddress = email === null ? null : await mongo.users.findOne({ emailLower: email.toLowerCase() });
  if (sameAddress?.emailVerifiedAt !== undefined) {
    await linkIdentity(mongo, { userId: sameAddress._id, role: sameAddress.role }, identity);
    return sameAddress;
  }
  if (sameAddress !== null) throw new CyxError('ALREADY_EXISTS', 'An account with this e-mail exists already, but the e-mail was never verified. Log in to it, and link this way in the settings.');
  beforeCreate();
  return createUser({ mongo, ...deps }, usernamesFrom(profile.usernameWish), { identities: [identity], ...(email === null ? {} : { email, emailVerifiedAt: new Date() }) });
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

function sameText(a: string, b: string | null): boolean {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return b !== null && hash(a) === hash(b);
}

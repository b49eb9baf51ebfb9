import { z } from 'zod';
import type { Attempts } from '#api/auth/attempts';
import type { OneTimeData, OneTimeSecrets } from '#api/auth/one-time';
import { isSignedBy, walletKey } from '#api/auth/wallet-signature';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { signedTextFields } from '#core/identity/account-fields';
import { signInMessage } from '#core/identity/sign-in-message';
import type { IdentityDocument, UserDocument } from '#db/mongo/documents';
import type { SignedChallenge, WalletChallenge, WalletLoginServices } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';
import { linkIdentity } from './login-methods.ts';
import { createUser, loggedInView, usernamesFrom } from './user-records.ts';

const CHALLENGE_LIFETIME_MS = 5 * 60_000;

const signedSchema = z.object(signedTextFields);

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'temporal' | 'chain' | 'site'>;

/** Sign-In With Solana. A nonce is good once, for five minutes, for this site and for what it was asked for. */
export function createWalletLogin(deps: Deps, secrets: OneTimeSecrets, attempts: Attempts): WalletLoginServices {
  const verify = createVerifier(deps, secrets);
  const challenge = createChallenges(deps, secrets);

  return {
    challenge: async (from) => {
      attempts.challenge(from);
      return challenge('wallet-login', {}, (nonce) => `Login to CyxWiz: nonce=${nonce}`);
    },
    login: async (input, from) => {
      const signed = parseInput(signedSchema, input);
      attempts.login(`wallet:${signed.address}`, from);
      const { address } = await verify('wallet-login', signed);
      const { user, isNew } = await findOrCreate(deps, address, () => attempts.registration(from));
      // Read before the answer: who logs in with a wallet is told what it holds.
      const [view, balanceBase] = await Promise.all([loggedInView(deps, user), deps.chain.balanceBase(address)]);
      return { user: view, isNew, wallet: { address, balanceBase } };
    },
    linkChallenge: async (actor) => {
      const user = await deps.mongo.users.findOne({ _id: actor.userId });
      if (user === null) throw new CyxError('NOT_FOUND', 'There is no such user.');
      // Says something else than a login, so that neither signature can be used for the other.
      return challenge('wallet-link', { userId: actor.userId }, (nonce) => `Link this wallet to the CyxWiz account ${user.username}: nonce=${nonce}`);
    },
    link: async (actor, input) => {
      const { address, data } = await verify('wallet-link', parseInput(signedSchema, input));
      if (data['userId'] !== actor.userId) throw refused('The link was begun by another account. Start again.');
      return linkIdentity(deps.mongo, actor, walletIdentity(address));
    },
  };
}

type Purpose = 'wallet-login' | 'wallet-link';

function createChallenges({ site }: Pick<Deps, 'site'>, secrets: OneTimeSecrets) {
  const { host: domain, origin: uri } = new URL(site.publicUrl);
  return async (purpose: Purpose, about: OneTimeData, statementOf: (nonce: string) => string): Promise<WalletChallenge> => {
    const issuedAt = new Date();
    const fixed = { domain, uri, chainId: site.chainId, issuedAt: issuedAt.toISOString(), expirationTime: new Date(issuedAt.getTime() + CHALLENGE_LIFETIME_MS).toISOString() };
    const { secret } = await secrets.issue(purpose, CHALLENGE_LIFETIME_MS, (nonce) => ({ ...about, ...fixed, statement: statementOf(nonceOf(nonce)) }));
    const nonce = nonceOf(secret);
    return { nonce, statement: statementOf(nonce), ...fixed };
  };
}

/** SIWS allows letters and digits only: hexadecimal. */
function nonceOf(secret: string): string {
  return Buffer.from(secret, 'base64url').toString('hex');
}

function secretOf(nonce: string): string {
  return Buffer.from(nonce, 'hex').toString('base64url');
}

function createVerifier(deps: Pick<Deps, 'site'>, secrets: OneTimeSecrets) {
  return async (purpose: Purpose, { address, message, signature }: SignedChallenge): Promise<{ address: string; data: OneTimeData }> => {
    const key = walletKey(address);
    const nonce = /^Nonce: ([0-9a-f]{64})$/m.exec(message)?.[1];
    // Used up by the first who brings it, whether the rest is right or not.
    const data = nonce === undefined ? null : await secrets.take(purpose, secretOf(nonce));
    if (nonce === undefined || data === null) throw refused('This login was used already or took longer than 5 minutes. Try again.');
    const fields = { address, nonce, ...(data as Omit<WalletChallenge, 'nonce'>) };
    // Word for word what was asked for: no other site, account, chain or time.
    if (fields.domain !== new URL(deps.site.publicUrl).host || signInMessage(fields) !== message) throw refused('The wallet signed another text than it was asked to. Try again.');
    if (!isSignedBy(key, Buffer.from(message, 'utf8'), Buffer.from(signature, 'base64'))) throw refused('The signature is not this wallet’s. Try again.');
    return { address, data };
  };
}

function refused(message: string): CyxError {
  return new CyxError('BAD_CREDENTIALS', message);
}

function walletIdentity(address: string): IdentityDocument {
  return { key: `wallet:${address}`, kind: 'wallet', label: address, linkedAt: new Date() };
}

async function findOrCreate(deps: Deps, address: string, beforeCreate: () => void): Promise<{ user: UserDocument; isNew: boolean }> {
  const identity = walletIdentity(address);
  const existing = await deps.mongo.users.findOne({ 'identities.key': identity.key });
  if (existing !== null) return { user: existing, isNew: false };
  beforeCreate();
  try {
    return { user: await createUser(deps, usernamesFrom(`wallet-${address.slice(0, 8)}`), { identities: [identity] }), isNew: true };
  } catch (error) {
    // The same wallet in two windows: the other one was first.
    const first = await deps.mongo.users.findOne({ 'identities.key': identity.key });
    if (first === null) throw error;
    return { user: first, isNew: false };
  }
}

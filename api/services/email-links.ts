import { z } from 'zod';
import type { Attempts } from '#api/auth/attempts';
import type { OneTimeSecrets } from '#api/auth/one-time';
import type { Revocations } from '#api/auth/revocations';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { emailField, linkTokenField, passwordField } from '#core/identity/account-fields';
import type { UserDocument } from '#db/mongo/documents';
import type { EmailServices } from './account-types.ts';
import type { ServiceDeps } from './deps.ts';
import { loggedInView } from './user-records.ts';

const VERIFY_LIFETIME_MS = 24 * 3_600_000;
const RESET_LIFETIME_MS = 3_600_000;

type Deps = Pick<ServiceDeps, 'mongo' | 'postgres' | 'temporal' | 'sessions' | 'passwords' | 'site' | 'mail'>;
export interface EmailParts {
  readonly secrets: OneTimeSecrets;
  readonly attempts: Attempts;
  readonly revocations: Revocations;
}

/** Proofs that somebody reads the mail of an address: to verify it, and to come back in without the password. */
export function createEmailLinks(deps: Deps, { secrets, attempts, revocations }: EmailParts): EmailServices {
  const linkTo = (path: string, token: string): string => `${deps.site.publicUrl}/${path}?token=${token}`;

  const sendReset = async (emailLower: string): Promise<void> => {
    const user = await deps.mongo.users.findOne({ emailLower });
    if (user?.email === undefined) return;
    const { secret } = await secrets.issue('reset-password', RESET_LIFETIME_MS, { userId: user._id, emailLower });
    await deps.mail.mailer.send({ to: user.email, userId: user._id, ...resetMail(user.username, linkTo('reset-password', secret)) });
  };

  return {
    sendVerification: async (actor) => {
      const user = await deps.mongo.users.findOne({ _id: actor.userId });
      if (user?.email === undefined || user.emailLower === undefined) throw new CyxError('STATE_CONFLICT', 'Your account has no e-mail address yet. Give it one first.');
      if (user.emailVerifiedAt !== undefined) throw new CyxError('STATE_CONFLICT', 'Your e-mail address is verified already.');
      attempts.mail(user.emailLower);
      const { secret } = await secrets.issue('verify-email', VERIFY_LIFETIME_MS, { userId: user._id, emailLower: user.emailLower });
      await handOver(deps, { to: user.email, userId: user._id, ...verifyMail(user.username, linkTo('verify-email', secret)) });
    },
    verify: async (token) => {
      const { userId, emailLower } = (await secrets.take('verify-email', parseInput(linkTokenField, token))) ?? {};
      if (userId === undefined || emailLower === undefined) throw badLink('24 hours');
      const { matchedCount } = await deps.mongo.users.updateOne({ _id: userId, emailLower }, { $set: { emailVerifiedAt: new Date() } });
      if (matchedCount === 0) throw badLink('24 hours');
    },
    requestReset: async (input, from) => {
      const emailLower = parseInput(emailField, input).toLowerCase();
      attempts.challenge(from);
      attempts.mail(emailLower);
      // Not waited for: how long it takes would tell whether there is such an account.
      void sendReset(emailLower).catch(deps.mail.onFailure);
    },
    resetPassword: async (input, from) => {
      const { token, password } = parseInput(z.object({ token: linkTokenField, password: passwordField }), input);
      attempts.challenge(from);
      const { userId, emailLower } = (await secrets.take('reset-password', token)) ?? {};
      if (userId === undefined || emailLower === undefined) throw badLink('an hour');
      const user = await replacePassword(deps, { userId, emailLower, password });
      if (user === null) throw badLink('an hour');
      await Promise.all([revocations.revokeTokens(userId), deps.sessions.revokeAll(userId), deps.mongo.oneTime.deleteMany({ purpose: 'reset-password', 'data.userId': userId })]);
      return loggedInView(deps, user);
    },
  };
}

/** Whoever got the link reads that address' mail, so it is verified too. */
async function replacePassword(deps: Deps, { userId, emailLower, password }: { userId: string; emailLower: string; password: string }): Promise<UserDocument | null> {
  const passwordHash = await deps.passwords.hash(password);
  return deps.mongo.users.findOneAndUpdate({ _id: userId, emailLower }, { $set: { passwordHash, emailVerifiedAt: new Date() } }, { returnDocument: 'after' });
}

async function handOver({ mail }: Pick<Deps, 'mail'>, message: Parameters<Deps['mail']['mailer']['send']>[0]): Promise<void> {
  try {
    await mail.mailer.send(message);
  } catch (cause) {
    mail.onFailure(cause);
    throw new CyxError('UNAVAILABLE', 'The mail could not be sent. Try again in a few minutes.', { cause });
  }
}

function badLink(lifetime: string): CyxError {
  return new CyxError('BAD_CREDENTIALS', `This link was used already, is older than ${lifetime}, or is not for this account any more. Ask for a new one.`);
}

function verifyMail(username: string, link: string): { subject: string; text: string } {
  return {
    subject: 'Verify your e-mail address for CyxWiz',
    text: `Hello ${username},\n\nopen this link to say that this address is yours:\n\n${link}\n\nIt is good once, for 24 hours. If you have no account at CyxWiz, do nothing.\n`,
  };
}

function resetMail(username: string, link: string): { subject: string; text: string } {
  return {
    subject: 'A new password for CyxWiz',
    text: `Hello ${username},\n\nsomebody, perhaps you, wants to set a new password for your account. Open this link to do it:\n\n${link}\n\nIt is good once, for an hour. If it was not you, do nothing: your password stays as it is.\n`,
  };
}

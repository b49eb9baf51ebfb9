import type { AppLoadContext } from '@remix-run/node';
import type { Actor } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { textOf } from './form.ts';

/** What a form of the settings led to. */
export interface Outcome {
  readonly done: string;
  readonly newKey?: string;
}

type Handler = (context: AppLoadContext, actor: Actor, form: FormData) => Promise<Outcome>;

/** Whatever opens the account has changed: whoever holds the session of before holds nothing now. */
async function rotate({ session }: AppLoadContext, actor: Actor): Promise<void> {
  await session.signIn(actor.userId);
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'send-verification': async ({ services }, actor) => {
    await services.email.sendVerification(actor);
    return { done: 'The link is on its way.' };
  },
  'set-email': async (context, actor, form) => {
    const { email } = await context.services.credentials.setEmail(actor, { email: textOf(form, 'email').trim(), password: textOf(form, 'confirm') }).catch(renamed({ password: 'confirm' }));
    await rotate(context, actor);
    await context.services.email.sendVerification(actor);
    return { done: `Your e-mail is ${email} now. Open the link that was sent to it.` };
  },
  'set-password': async (context, actor, form) => {
    await context.services.credentials.setPassword(actor, { current: textOf(form, 'current'), password: textOf(form, 'password') });
    await rotate(context, actor);
    return { done: 'The password is set. All other logins have ended.' };
  },
  unlink: async (context, actor, form) => {
    await context.services.loginMethods.unlink(actor, textOf(form, 'method'));
    await rotate(context, actor);
    return { done: 'It opens your account no more.' };
  },
  'link-wallet': async (context, actor, form) => {
    const signed = { address: textOf(form, 'address'), message: textOf(form, 'message'), signature: textOf(form, 'signature') };
    await context.services.walletLogin.link(actor, signed);
    await rotate(context, actor);
    return { done: 'The wallet is linked: you can log in with it.' };
  },
  'end-session': async ({ services }, actor, form) => {
    await services.sessions.revoke(actor, textOf(form, 'handle'));
    return { done: 'That browser is logged out.' };
  },
  'end-other-sessions': async ({ services, session }, actor) => {
    const current = await session.sessionId();
    if (current !== null) await services.sessions.revokeOthers(actor, current);
    return { done: 'All other browsers are logged out.' };
  },
  'create-key': async ({ services }, actor, form) => {
    const days = textOf(form, 'days');
    const scopes = form.getAll('scope').filter((scope) => typeof scope === 'string');
    const { key } = await services.apiKeys.create(actor, { name: textOf(form, 'name'), scopes, expiresInDays: days === '' ? null : Number(days) });
    return { done: 'The key is made.', newKey: key };
  },
  'revoke-key': async ({ services }, actor, form) => {
    await services.apiKeys.revoke(actor, textOf(form, 'key'));
    return { done: 'The key opens nothing any more.' };
  },
};

/** Does what a form of the settings page asks for. */
export async function changeSettings(context: AppLoadContext, actor: Actor, form: FormData): Promise<Outcome> {
  const intent = textOf(form, 'intent');
  const handler = Object.hasOwn(HANDLERS, intent) ? HANDLERS[intent] : undefined;
  if (handler === undefined) throw new CyxError('INVALID_INPUT', 'The form was damaged on its way. Try again.');
  return handler(context, actor, form);
}

/** Two forms of the page have a field for the password; the fault shows at the right one. */
function renamed(names: Readonly<Record<string, string>>) {
  return (error: unknown): never => {
    const known = error as Partial<CyxError>;
    if (known.name !== 'CyxError' || known.code === undefined) throw error;
    const fields = (known.fields ?? []).map(({ path, message }) => ({ path: names[path] ?? path, message }));
    throw new CyxError(known.code, known.message ?? '', { fields });
  };
}

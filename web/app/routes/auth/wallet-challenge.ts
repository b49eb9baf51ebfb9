import { json, redirect, type ActionFunctionArgs } from '@remix-run/node';
import { toFormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';
import { requireViewer } from '../../lib/viewer.server.ts';

/** What a wallet is to sign: to log in, or to be linked to the account of whoever is logged in. */
export async function action({ request, context }: ActionFunctionArgs) {
  const { walletLogin } = context.services;
  const isLink = textOf(await request.formData(), 'purpose') === 'link';
  try {
    const challenge = isLink ? await walletLogin.linkChallenge((await requireViewer(context, request)).actor) : await walletLogin.challenge(context.from);
    return json({ challenge });
  } catch (error) {
    if (error instanceof Response) throw error;
    const { problem, status } = toFormProblem(error);
    return json({ problem }, { status });
  }
}

export function loader() {
  return redirect('/login');
}

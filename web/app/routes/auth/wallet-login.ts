import { json, redirect, type ActionFunctionArgs } from '@remix-run/node';
import { toFormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';
import { safeNext } from '../../lib/viewer.server.ts';

/** Logs in with what a wallet signed; a wallet that nobody has linked gets an account of its own. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const signed = { address: textOf(form, 'address'), message: textOf(form, 'message'), signature: textOf(form, 'signature') };
  try {
    const { user } = await context.services.walletLogin.login(signed, context.from);
    await context.session.signIn(user.id);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem }, { status });
  }
  throw redirect(safeNext(form.get('next')));
}

export function loader() {
  return redirect('/login');
}

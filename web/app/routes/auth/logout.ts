import { redirect, type ActionFunctionArgs } from '@remix-run/node';

export async function action({ context }: ActionFunctionArgs) {
  await context.session.signOut();
  return redirect('/login');
}

/** Only a form may log somebody out; a link must not. */
export function loader() {
  return redirect('/dashboard');
}

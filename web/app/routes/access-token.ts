import { json, redirect, type ActionFunctionArgs } from '@remix-run/node';

/** Long enough for a large upload; a page asks for a new one whenever it needs one. */
const LIFETIME_MS = 3_600_000;

/**
 * A token for the scripts of our own pages, which encrypt and decrypt here in the browser and so speak to the API and
 * to the storage themselves. It is asked for by POST, which no other website can do.
 */
export async function action({ context }: ActionFunctionArgs) {
  const viewer = await context.session.current();
  if (viewer === null) return json({ token: null }, { status: 401 });
  const { token } = await context.services.tokens.issueUserToken(viewer.user, LIFETIME_MS);
  return json({ token }, { headers: { 'cache-control': 'no-store' } });
}

export function loader() {
  return redirect('/dashboard');
}

import { redirect, type ActionFunctionArgs } from '@remix-run/node';
import { isTheme, themeCookie } from '../lib/theme.server.ts';
import { safeNext } from '../lib/viewer.server.ts';

export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData();
  const theme = form.get('theme');
  const headers = isTheme(theme) ? { 'set-cookie': themeCookie(theme) } : undefined;
  return redirect(safeNext(form.get('next')), { headers });
}

export function loader() {
  return redirect('/');
}

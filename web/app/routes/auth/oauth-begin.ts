import { redirect, type LoaderFunctionArgs } from '@remix-run/node';
import { orErrorPage } from '../../lib/errors.server.ts';
import { siteOf, stateCookie } from '../../lib/oauth.server.ts';
import { requireViewer, safeNext } from '../../lib/viewer.server.ts';

/** Sends the browser to the other site: to log in, or with `?link` to give one's account another way in. */
export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const kind = siteOf(params['site']);
  const { searchParams } = new URL(request.url);
  const about = searchParams.has('link')
    ? { linkTo: (await requireViewer(context, request)).actor, next: '/settings' }
    : { next: safeNext(searchParams.get('next')) };
  const { url, state } = await orErrorPage(context.services.oauth.begin(kind, about, context.from));
  return redirect(url, { headers: { 'set-cookie': stateCookie(state, context.publicUrls.http) } });
}

import { json, redirect, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { AuthCard } from '../../components/account/auth-card.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { toFormProblem } from '../../lib/errors.server.ts';
import { clearedStateCookie, readState, siteOf } from '../../lib/oauth.server.ts';
import { safeNext } from '../../lib/viewer.server.ts';

export const meta: MetaFunction = () => [{ title: 'Log in · CyxWiz' }];

/** Where the other site sends the browser back to. */
export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const kind = siteOf(params['site']);
  const { searchParams } = new URL(request.url);
  const headers = { 'set-cookie': clearedStateCookie(context.publicUrls.http) };
  const viewer = await context.session.current();
  const refusal = searchParams.get('error');
  if (refusal !== null) return json({ message: 'The other site did not log you in. You can try again, or choose another way.' }, { status: 401, headers });
  let next: string;
  try {
    const answer = { state: searchParams.get('state') ?? '', code: searchParams.get('code') ?? '', browserState: readState(request.headers.get('cookie')), actor: viewer?.actor ?? null };
    const finished = await context.services.oauth.finish(kind, answer, context.from);
    await context.session.signIn(finished.user.id);
    next = finished.next;
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ message: problem.message }, { status, headers });
  }
  throw redirect(safeNext(next), { headers });
}

export default function OauthCallback() {
  const { message } = useLoaderData<typeof loader>();
  return (
    <AuthCard>
      <h1 className="mb-5 text-xl font-semibold tracking-tight">Not logged in</h1>
      <Notice kind="problem" className="mb-5">
        {message}
      </Notice>
      <LinkButton to="/login" look="primary">
        Back to the login
      </LinkButton>
    </AuthCard>
  );
}

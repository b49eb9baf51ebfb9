import { json, redirect, type LoaderFunctionArgs } from '@remix-run/node';
import { Outlet } from '@remix-run/react';
import { AuthCard } from '../../components/account/auth-card.tsx';
import { safeNext } from '../../lib/viewer.server.ts';

/** Nobody logs in twice. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  if ((await context.session.current()) !== null) {
    throw redirect(safeNext(new URL(request.url).searchParams.get('next')));
  }
  return json({ sites: context.services.oauth.kinds() });
}

export default function AuthLayout() {
  return (
    <AuthCard>
      <Outlet />
    </AuthCard>
  );
}

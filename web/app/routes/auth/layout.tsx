import { redirect, type LoaderFunctionArgs } from '@remix-run/node';
import { Outlet } from '@remix-run/react';
import { safeNext } from '../../lib/viewer.server.ts';

/** Nobody logs in twice. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  if ((await context.session.current()) !== null) {
    throw redirect(safeNext(new URL(request.url).searchParams.get('next')));
  }
  return null;
}

export default function AuthLayout() {
  return (
    <div className="relative isolate grid min-h-[calc(100dvh-3.5rem)] place-items-start px-4 pt-10 pb-16 sm:place-items-center sm:pt-4">
      <div className="graticule absolute inset-0 -z-10 opacity-60" aria-hidden="true" />
      <div className="w-full max-w-sm rounded-lg border bg-panel p-6 sm:p-8">
        <Outlet />
      </div>
    </div>
  );
}

import { isRouteErrorResponse, useRouteError, useRouteLoaderData } from '@remix-run/react';
import { CircleAlert, Compass, WifiOff } from 'lucide-react';
import type { PageProblem } from '../lib/errors.server.ts';
import { isUnanswered } from '../lib/keep-while-offline.ts';
import { faultyRequest, useRequestId } from '../lib/request-id.ts';
import { LinkButton } from './ui/button.tsx';

const UNREACHABLE = 'CyxWiz can not be reached from here right now. Your jobs go on by themselves; load the page again in a moment.';
const UNFORESEEN = 'Your jobs go on by themselves. Load the page again; if it stays broken, tell us what you did.';

const WAYS = [{ to: '/dashboard', label: 'To the dashboard' }, { to: '/jobs', label: 'Your jobs' }] as const;
const GUEST_WAYS = [{ to: '/', label: 'To the start page' }, { to: '/login', label: 'Log in' }] as const;

/** What happened and what to do, for typed errors and for those that nobody foresaw. */
export function ErrorPage() {
  const error = useRouteError();
  const status = isRouteErrorResponse(error) ? error.status : 500;
  const problem = isRouteErrorResponse(error) ? readProblem(error.data) : null;
  const offline = isUnanswered(error);
  const requestId = faultyRequest(error, useRequestId().content);
  const Icon = status === 404 ? Compass : offline ? WifiOff : CircleAlert;
  return (
    <div className="mx-auto grid min-h-[70dvh] max-w-xl place-items-center px-6 py-16">
      <div className="w-full">
        <Icon className="size-8 text-accent" aria-hidden="true" />
        {!offline && <p className="figure mt-6 text-sm text-muted">{status}</p>}
        <h1 className="mt-1 text-2xl font-semibold tracking-tight">{problem?.title ?? (offline ? 'No connection' : 'Something broke on our side')}</h1>
        <p className="mt-3 text-base text-muted">
          {problem?.message ?? (offline ? UNREACHABLE : UNFORESEEN)}
        </p>
        {requestId !== null && (
          <p className="mt-3 text-muted">
            The request’s id, by which we find it: <code className="figure break-all text-ink">{requestId}</code>
          </p>
        )}
        <WaysOn />
      </div>
    </div>
  );
}

/** A guest's way to the dashboard would end at the login. */
function WaysOn() {
  const root = useRouteLoaderData<{ readonly viewer: object | null }>('root');
  const [first, second] = root?.viewer === null ? GUEST_WAYS : WAYS;
  return (
    <div className="mt-8 flex gap-3">
      <LinkButton to={first.to} look="primary">
        {first.label}
      </LinkButton>
      <LinkButton to={second.to} look="plain">
        {second.label}
      </LinkButton>
    </div>
  );
}

function readProblem(data: unknown): PageProblem | null {
  if (typeof data !== 'object' || data === null || !('message' in data) || !('title' in data)) return null;
  return data as PageProblem;
}

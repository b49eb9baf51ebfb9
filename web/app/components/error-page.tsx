import { isRouteErrorResponse, useRouteError } from '@remix-run/react';
import { CircleAlert, Compass, WifiOff } from 'lucide-react';
import type { PageProblem } from '../lib/errors.server.ts';
import { isUnanswered } from '../lib/keep-while-offline.ts';
import { LinkButton } from './ui/button.tsx';

const UNREACHABLE = 'CyxWiz can not be reached from here right now. Your jobs go on by themselves; load the page again in a moment.';
const UNFORESEEN = 'Your jobs go on by themselves. Load the page again; if it stays broken, tell us the time and what you did.';

/** What happened and what to do, for typed errors and for those that nobody foresaw. */
export function ErrorPage() {
  const error = useRouteError();
  const status = isRouteErrorResponse(error) ? error.status : 500;
  const problem = isRouteErrorResponse(error) ? readProblem(error.data) : null;
  const offline = isUnanswered(error);
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
        <div className="mt-8 flex gap-3">
          <LinkButton to="/dashboard" look="primary">
            To the dashboard
          </LinkButton>
          <LinkButton to="/jobs" look="plain">
            Your jobs
          </LinkButton>
        </div>
      </div>
    </div>
  );
}

function readProblem(data: unknown): PageProblem | null {
  if (typeof data !== 'object' || data === null || !('message' in data) || !('title' in data)) return null;
  return data as PageProblem;
}

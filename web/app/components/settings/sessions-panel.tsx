import { Form } from '@remix-run/react';
import { Button } from '../ui/button.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';

export interface SessionRow {
  readonly handle: string;
  readonly isCurrent: boolean;
  readonly createdAt: string | null;
  readonly userAgent?: string | undefined;
  readonly address?: string | undefined;
}

export function SessionsPanel({ sessions }: { sessions: readonly SessionRow[] }) {
  return (
    <Panel title="Where you are logged in">
      <ul className="divide-y">
        {sessions.map(({ handle, isCurrent, createdAt, userAgent, address }) => (
          <li key={handle} className="flex items-center justify-between gap-4 py-2.5 first:pt-0">
            <div className="min-w-0">
              <p className="font-medium">{isCurrent ? 'This browser' : browserName(userAgent)}</p>
              <p className="text-xs text-muted">
                {address !== undefined && `from ${address}, `}
                {createdAt === null ? 'since some time' : <>since <Moment at={createdAt} /></>}
              </p>
            </div>
            {!isCurrent && (
              <Form method="post" preventScrollReset>
                <input type="hidden" name="intent" value="end-session" />
                <Button name="handle" value={handle} aria-label={`Log out ${browserName(userAgent)}`}>
                  Log out
                </Button>
              </Form>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <Form method="post" className="mt-4" preventScrollReset>
          <Button name="intent" value="end-other-sessions">
            Log out everywhere else
          </Button>
        </Form>
      )}
    </Panel>
  );
}

const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const;
const BROWSER_NAMES: Readonly<Record<(typeof BROWSERS)[number], string>> = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Safari: 'Safari' };

/** Browsers also name those that they resemble; the first of the list that is named is the one. */
function browserName(userAgent = ''): string {
  const found = BROWSERS.find((name) => userAgent.includes(`${name}/`));
  return found === undefined ? 'Another browser' : BROWSER_NAMES[found];
}

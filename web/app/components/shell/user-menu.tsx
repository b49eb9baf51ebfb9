import { Form, Link } from '@remix-run/react';
import { LogOut, Settings } from 'lucide-react';
import type { ShellViewer } from './app-shell.tsx';

/** Who is logged in, and the way out: a <details> element needs no JavaScript. */
export function UserMenu({ viewer }: { viewer: ShellViewer }) {
  return (
    <details className="group relative" name="user-menu">
      <summary
        aria-label={`Account of ${viewer.username}`}
        className="grid size-9 list-none place-items-center rounded-full bg-sunken text-sm font-semibold uppercase group-open:ring-2 group-open:ring-accent [&::-webkit-details-marker]:hidden"
      >
        <span aria-hidden="true">{viewer.username.slice(0, 1)}</span>
      </summary>
      <div className="absolute right-0 mt-2 w-56 rounded-lg border bg-raised p-1 shadow-float">
        <p className="truncate px-3 pt-2 font-medium">{viewer.username}</p>
        <p className="px-3 pb-2 text-xs text-muted capitalize">{viewer.role}</p>
        <Link to="/settings" className="flex items-center gap-2 rounded-md border-t px-3 py-2 hover:bg-sunken">
          <Settings className="size-4" aria-hidden="true" /> Settings
        </Link>
        <Form method="post" action="/logout" className="border-t pt-1">
          <button className="flex w-full items-center gap-2 rounded-md px-3 py-2 text-left hover:bg-sunken">
            <LogOut className="size-4" aria-hidden="true" /> Log out
          </button>
        </Form>
      </div>
    </details>
  );
}

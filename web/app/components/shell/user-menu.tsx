import { Form, Link } from '@remix-run/react';
import clsx from 'clsx';
import { Activity, LogOut, Settings, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDismissal } from '../../lib/use-dismissal.ts';
import type { ShellViewer } from './app-shell.tsx';
import { MENU, NAVIGATION } from './navigation.ts';

/** Who is logged in, where else to go, and the way out: a <details> element needs no JavaScript to open and close. */
export function UserMenu({ viewer }: { viewer: ShellViewer }) {
  const menu = useDismissal();
  return (
    <details ref={menu} className="group relative" name="user-menu">
      <summary
        aria-label={`Account of ${viewer.username}`}
        className="grid size-9 list-none place-items-center rounded-full bg-sunken text-sm font-semibold uppercase group-open:ring-2 group-open:ring-accent [&::-webkit-details-marker]:hidden"
      >
        <span aria-hidden="true">{viewer.username.slice(0, 1)}</span>
      </summary>
      <div className="absolute right-0 mt-2 w-56 rounded-lg border bg-raised p-1 shadow-float">
        <p className="truncate px-3 pt-2 font-medium">{viewer.username}</p>
        <p className="border-b px-3 pb-2 text-xs text-muted capitalize">{viewer.role}</p>
        {NAVIGATION.filter(({ atThumb }) => !atThumb).map(({ to, label, icon }) => (
          <MenuLink key={to} to={to} icon={icon} className="lg:hidden">
            {label}
          </MenuLink>
        ))}
        {MENU.map(({ to, label, icon }) => (
          <MenuLink key={to} to={to} icon={icon}>
            {label}
          </MenuLink>
        ))}
        {viewer.role === 'operator' && (
          <MenuLink to="/ops" icon={Activity}>
            Operations
          </MenuLink>
        )}
        <MenuLink to="/settings" icon={Settings}>
          Settings
        </MenuLink>
        <Form method="post" action="/logout" className="border-t pt-1">
          <button className="flex w-full items-center gap-2 rounded-md px-3 py-2 text-left hover:bg-sunken">
            <LogOut className="size-4" aria-hidden="true" /> Log out
          </button>
        </Form>
      </div>
    </details>
  );
}

/** Following a link leaves the page as it is but for its content, so the menu closes itself. */
function closeMenu(event: { readonly currentTarget: HTMLElement }): void {
  event.currentTarget.closest('details')?.removeAttribute('open');
}

interface MenuLinkProps {
  readonly to: string;
  readonly icon: LucideIcon;
  readonly children: ReactNode;
  readonly className?: string;
}

function MenuLink({ to, icon: Icon, children, className }: MenuLinkProps) {
  return (
    <Link to={to} onClick={closeMenu} className={clsx('flex items-center gap-2 rounded-md px-3 py-2 hover:bg-sunken', className)}>
      <Icon className="size-4" aria-hidden="true" /> {children}
    </Link>
  );
}

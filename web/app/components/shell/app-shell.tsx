import { Link, NavLink, useNavigation } from '@remix-run/react';
import clsx from 'clsx';
import { WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { clockText } from '../../lib/format.ts';
import { useStaleSince } from '../../lib/keep-while-offline.ts';
import type { Theme } from '../../lib/theme.server.ts';
import { LinkButton } from '../ui/button.tsx';
import { Logo } from './logo.tsx';
import { NAVIGATION } from './navigation.ts';
import { ThemeToggle } from './theme-toggle.tsx';
import { UserMenu } from './user-menu.tsx';

export interface ShellViewer {
  readonly username: string;
  readonly role: string;
}

interface AppShellProps {
  readonly viewer: ShellViewer | null;
  readonly theme: Theme;
  readonly children: ReactNode;
}

/** Header, navigation and main landmark. On phones the navigation of signed-in people sits at the thumb. */
export function AppShell({ viewer, theme, children }: AppShellProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <PendingBar />
      <header className="sticky top-0 z-30 border-b bg-panel/95 backdrop-blur-sm">
        <div className="mx-auto flex h-14 max-w-6xl items-center gap-3 px-4 sm:px-6">
          <Link to={viewer === null ? '/' : '/dashboard'} className="rounded-md" aria-label="CyxWiz, to the start">
            <Logo />
          </Link>
          {viewer !== null && <TopNavigation />}
          <div className="ml-auto flex items-center gap-1.5">
            <ThemeToggle theme={theme} />
            {viewer === null ? <GuestLinks /> : <UserMenu viewer={viewer} />}
          </div>
        </div>
      </header>
      <StaleNote />
      <main id="main" tabIndex={-1} className={clsx('flex-1 outline-none', viewer !== null && 'pb-20 lg:pb-0')}>
        {children}
      </main>
      {viewer !== null && <ThumbNavigation />}
    </div>
  );
}

/** Pages keep showing what they last knew; this says so. */
function StaleNote() {
  const sinceMs = useStaleSince();
  if (sinceMs === null) return null;
  return (
    <p role="status" className="tint-locked fixed inset-x-0 bottom-16 z-40 mx-auto w-max max-w-[calc(100%-2rem)] rounded-full border border-tint bg-tint px-4 py-2 text-sm shadow-float lg:bottom-6">
      <WifiOff className="mr-2 inline size-4 text-tint" aria-hidden="true" />
      No connection. This is how things stood at {clockText(new Date(sinceMs).toISOString())} UTC; trying again.
    </p>
  );
}

function TopNavigation() {
  return (
    <nav aria-label="Main" className="ml-4 hidden h-full items-stretch gap-1 lg:flex">
      {NAVIGATION.map(({ to, label }) => (
        <NavLink
          key={to}
          to={to}
          prefetch="intent"
          className={({ isActive }) =>
            clsx(
              'flex items-center border-b-2 px-3 pt-0.5 font-medium transition-colors',
              isActive ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
            )
          }
        >
          {label}
        </NavLink>
      ))}
    </nav>
  );
}

function ThumbNavigation() {
  return (
    <nav
      aria-label="Main, at the bottom"
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-5 border-t bg-panel pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {NAVIGATION.filter(({ atThumb }) => atThumb).map(({ to, label, icon: Icon }) => (
        <NavLink
          key={to}
          to={to}
          className={({ isActive }) =>
            clsx(
              '-mt-px flex flex-col items-center gap-0.5 border-t-2 py-2 text-xs font-medium',
              isActive ? 'border-accent text-ink' : 'border-transparent text-muted',
            )
          }
        >
          <Icon className="size-5" aria-hidden="true" />
          {label}
        </NavLink>
      ))}
    </nav>
  );
}

function GuestLinks() {
  return (
    <>
      <LinkButton to="/login" look="quiet">
        Log in
      </LinkButton>
      <LinkButton to="/signup" look="primary">
        Sign up
      </LinkButton>
    </>
  );
}

/** A hairline at the top while the next page is on its way; it never moves the layout. */
function PendingBar() {
  const busy = useNavigation().state !== 'idle';
  return (
    <div aria-hidden="true" className="pointer-events-none fixed inset-x-0 top-0 z-40 h-0.5">
      <div
        className={clsx(
          'h-full bg-accent transition-[width,opacity] ease-out',
          busy ? 'w-4/5 opacity-100 duration-1000' : 'w-full opacity-0 duration-200',
        )}
      />
    </div>
  );
}

import { NavLink } from '@remix-run/react';
import clsx from 'clsx';

const TABS = [
  { to: '/ops', label: 'Overview' },
  { to: '/ops/audit', label: 'Audit' },
  { to: '/ops/outbox', label: 'Outbox' },
] as const;

/** The way between the operators' pages. */
export function OpsTabs() {
  return (
    <nav aria-label="Operations" className="mb-6 flex gap-1 border-b">
      {TABS.map(({ to, label }) => (
        <NavLink
          key={to}
          to={to}
          end
          className={({ isActive }) => clsx('-mb-px border-b-2 px-3 py-2 text-sm font-medium', isActive ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink')}
        >
          {label}
        </NavLink>
      ))}
    </nav>
  );
}

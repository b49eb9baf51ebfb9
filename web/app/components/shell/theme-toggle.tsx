import { useFetcher, useLocation } from '@remix-run/react';
import { Monitor, Moon, Sun } from 'lucide-react';
import type { Theme } from '../../lib/theme.server.ts';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

/** Goes round system → light → dark. A plain form, so it works without JavaScript too. */
export function ThemeToggle({ theme }: { theme: Theme }) {
  const fetcher = useFetcher();
  const { pathname, search } = useLocation();
  const Icon = ICONS[theme];
  return (
    <fetcher.Form method="post" action="/theme" preventScrollReset>
      <input type="hidden" name="next" value={pathname + search} />
      <button
        name="theme"
        value={NEXT[theme]}
        className="grid size-9 place-items-center rounded-md text-muted hover:bg-sunken hover:text-ink"
        aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}`}
        title={`Theme: ${theme}`}
      >
        <Icon className="size-4.5" aria-hidden="true" />
      </button>
    </fetcher.Form>
  );
}

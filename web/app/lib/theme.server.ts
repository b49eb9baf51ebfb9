export type Theme = 'light' | 'dark' | 'system';

const COOKIE = 'cyxwiz_theme';
const ONE_YEAR_S = 365 * 24 * 3600;

export function isTheme(value: unknown): value is Theme {
  return value === 'light' || value === 'dark' || value === 'system';
}

/** The theme a person chose; `system` until they did. */
export function readTheme(cookieHeader: string | null): Theme {
  const value = new RegExp(`(?:^|;\\s*)${COOKIE}=([a-z]+)`).exec(cookieHeader ?? '')?.[1];
  return isTheme(value) ? value : 'system';
}

export function themeCookie(theme: Theme): string {
  return `${COOKIE}=${theme}; Path=/; Max-Age=${ONE_YEAR_S}; SameSite=Lax`;
}

import { json } from '@remix-run/node';
import type { OauthKind } from '#api/auth/oauth';

const COOKIE = 'cyxwiz_oauth';
const TEN_MINUTES_S = 600;

/** The site that an address names. Throws a 404 for others. */
export function siteOf(name: string | undefined): OauthKind {
  if (name === 'github' || name === 'google') return name;
  throw json({ code: 'NOT_FOUND', title: 'Not found', message: 'There is no login with that site.' }, { status: 404 });
}

/** Keeps the state in the browser that began the login, so that no other can end it. */
export function stateCookie(state: string, publicUrl: string): string {
  return cookie(state, TEN_MINUTES_S, publicUrl);
}

export function clearedStateCookie(publicUrl: string): string {
  return cookie('', 0, publicUrl);
}

export function readState(cookieHeader: string | null): string | null {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9_-]+)`).exec(cookieHeader ?? '')?.[1] ?? null;
}

function cookie(value: string, maxAgeS: number, publicUrl: string): string {
  return `${COOKIE}=${value}; Path=/login; HttpOnly; SameSite=Lax; Max-Age=${maxAgeS}${publicUrl.startsWith('https:') ? '; Secure' : ''}`;
}

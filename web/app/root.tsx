import { json, type LinksFunction, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Links, Meta, Outlet, Scripts, ScrollRestoration, useRouteLoaderData, type ShouldRevalidateFunctionArgs } from '@remix-run/react';
import interUrl from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url';
import monoUrl from '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2?url';
import type { ReactNode } from 'react';
import { ErrorPage } from './components/error-page.tsx';
import { AppShell } from './components/shell/app-shell.tsx';
import { useNonce } from './lib/nonce.ts';
import { useRequestId } from './lib/request-id.ts';
import { readTheme } from './lib/theme.server.ts';
import stylesUrl from './styles/app.css?url';

export const links: LinksFunction = () => [
  { rel: 'preload', href: interUrl, as: 'font', type: 'font/woff2', crossOrigin: 'anonymous' },
  { rel: 'preload', href: monoUrl, as: 'font', type: 'font/woff2', crossOrigin: 'anonymous' },
  { rel: 'stylesheet', href: stylesUrl },
  { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' },
  { rel: 'manifest', href: '/manifest.webmanifest' },
];

export const meta: MetaFunction<typeof loader> = ({ error }) => [
  { title: error === undefined ? 'CyxWiz' : 'Something is not right · CyxWiz' },
];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await context.session.current();
  return json({
    viewer: viewer === null ? null : { username: viewer.user.username, role: viewer.user.role },
    theme: readTheme(request.headers.get('cookie')),
    nowMs: Date.now(),
  });
}

/** Pages refresh themselves often; who is logged in changes with a form or with a page. */
export function shouldRevalidate({ formMethod, currentUrl, nextUrl }: ShouldRevalidateFunctionArgs): boolean {
  return formMethod !== undefined || currentUrl.href !== nextUrl.href;
}

/** The document around every page, error pages included; on those the loader may have failed. */
export function Layout({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('root');
  const nonce = useNonce();
  const requestId = useRequestId();
  const theme = data?.theme ?? 'system';
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta {...requestId} />
        <Meta />
        <Links />
        <noscript>
          <style>{'.js-only { display: none }'}</style>
        </noscript>
      </head>
      <body>
        <AppShell viewer={data?.viewer ?? null} theme={theme}>
          {children}
        </AppShell>
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function App() {
  return <Outlet />;
}

export function ErrorBoundary() {
  return <ErrorPage />;
}

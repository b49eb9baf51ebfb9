import { index, layout, route, type RouteConfig } from '@remix-run/route-config';

export default [
  index('routes/landing.tsx'),
  layout('routes/auth/layout.tsx', [
    route('signup', 'routes/auth/signup.tsx'),
    route('login', 'routes/auth/login.tsx'),
    route('forgot-password', 'routes/auth/forgot-password.tsx'),
  ]),
  route('reset-password', 'routes/auth/reset-password.tsx'),
  route('verify-email', 'routes/auth/verify-email.tsx'),
  route('login/wallet', 'routes/auth/wallet-login.ts'),
  route('wallet-challenge', 'routes/auth/wallet-challenge.ts'),
  route('settings', 'routes/settings.tsx'),
  route('ops/outbox', 'routes/settings-outbox.tsx'),
  route('logout', 'routes/auth/logout.ts'),
  route('theme', 'routes/theme.ts'),
  route('dashboard', 'routes/dashboard.tsx'),
  route('jobs', 'routes/jobs/list.tsx'),
  route('jobs/new', 'routes/jobs/new.tsx'),
  route('jobs/:jobId', 'routes/jobs/job.tsx'),
  route('jobs/:jobId/events', 'routes/jobs/events.ts'),
  route('jobs/:jobId/receipt', 'routes/jobs/receipt.ts'),
  route('wallet', 'routes/wallet.tsx'),
  route('tx/:signature', 'routes/transfer.tsx'),
  route('nodes', 'routes/nodes.tsx'),
  route('*', 'routes/not-found.tsx'),
] satisfies RouteConfig;

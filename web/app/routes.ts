import { index, layout, route, type RouteConfig } from '@remix-run/route-config';

export default [
  index('routes/landing.tsx'),
  layout('routes/auth/layout.tsx', [route('signup', 'routes/auth/signup.tsx'), route('login', 'routes/auth/login.tsx')]),
  route('logout', 'routes/auth/logout.ts'),
  route('theme', 'routes/theme.ts'),
  route('dashboard', 'routes/dashboard.tsx'),
  route('jobs', 'routes/jobs/list.tsx'),
  route('jobs/new', 'routes/jobs/new.tsx'),
  route('jobs/:jobId', 'routes/jobs/job.tsx'),
  route('jobs/:jobId/events', 'routes/jobs/events.ts'),
  route('wallet', 'routes/wallet.tsx'),
  route('tx/:signature', 'routes/transfer.tsx'),
  route('nodes', 'routes/nodes.tsx'),
  route('*', 'routes/not-found.tsx'),
] satisfies RouteConfig;

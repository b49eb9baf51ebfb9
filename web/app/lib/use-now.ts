import { useEffect, useState } from 'react';
import { useRouteLoaderData } from '@remix-run/react';
import type { loader } from '../root.tsx';

/** The server's clock in the first paint (so that both sides agree), then this browser's, once a second. */
export function useNow(): number {
  const root = useRouteLoaderData<typeof loader>('root');
  const [nowMs, setNowMs] = useState(root?.nowMs ?? 0);
  useEffect(() => {
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { HeroInstrument } from '../components/landing/hero-instrument.tsx';
import { NetworkNumbers } from '../components/landing/network-numbers.tsx';
import { PathPictures } from '../components/landing/path-pictures.tsx';
import { LinkButton } from '../components/ui/button.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { toWire } from '../lib/wire.ts';

const REFRESH_MS = 10_000;

export const meta: MetaFunction = () => [
  { title: 'CyxWiz: train on a stranger’s GPU, trust nobody' },
  { name: 'description', content: 'Train machine-learning models on rented GPUs. The price waits in an escrow on chain until the result is checked.' },
];

export async function loader({ context }: LoaderFunctionArgs) {
  const [viewer, nodes] = await Promise.all([context.session.current(), orErrorPage(context.services.nodes.list())]);
  return json({ isLoggedIn: viewer !== null, nodes: toWire(nodes) });
}

export const clientLoader = keepWhileOffline();

export default function Landing() {
  const { isLoggedIn, nodes } = useLoaderData<typeof loader>();
  useRefresh(REFRESH_MS);
  return (
    <>
      <section className="relative isolate">
        <div className="graticule absolute inset-0 -z-10 opacity-70" aria-hidden="true" />
        <div className="mx-auto grid max-w-6xl items-center gap-10 px-4 py-12 sm:px-6 sm:py-20 lg:grid-cols-[minmax(0,1.05fr)_minmax(0,1fr)]">
          <div>
            <h1 className="text-3xl font-semibold tracking-[-0.03em]">
              Train on a stranger’s GPU.
              <br />
              <span className="text-accent">Trust nobody.</span>
            </h1>
            <p className="mt-5 max-w-lg text-base text-muted sm:text-lg">
              Your tokens wait in an escrow on chain until the model is trained and checked. You see what happens, why, and where the money is, at every step.
            </p>
            <div className="mt-8 flex flex-wrap gap-3">
              <LinkButton to={isLoggedIn ? '/jobs/new' : '/signup'} look="primary" className="h-11 px-5 text-base">
                {isLoggedIn ? 'Train a model' : 'Create an account'}
              </LinkButton>
              <LinkButton to="/nodes" look="plain" className="h-11 px-5 text-base">
                See the nodes
              </LinkButton>
            </div>
            <p className="mt-5 text-muted">
              Have a machine to spare?{' '}
              <Link to="/provide" className="font-medium text-accent underline underline-offset-3">
                Rent it out
              </Link>{' '}
              and be paid for each job.
            </p>
          </div>
          <HeroInstrument />
        </div>
      </section>
      <NetworkNumbers nodes={nodes} />
      <section aria-labelledby="path" className="mx-auto max-w-6xl px-4 py-14 sm:px-6 sm:py-20">
        <h2 id="path" className="mb-6 text-xl font-semibold tracking-tight">
          From idea to model, in three steps
        </h2>
        <PathPictures />
      </section>
      <footer className="border-t">
        <div className="mx-auto flex max-w-6xl flex-wrap gap-x-6 gap-y-2 px-4 py-6 text-muted sm:px-6">
          <span>CyxWiz, Apache-2.0</span>
          <Link to="/nodes" className="underline-offset-3 hover:underline">
            Nodes
          </Link>
          <Link to="/provide" className="underline-offset-3 hover:underline">
            Provide a machine
          </Link>
          <a href="/api/docs" className="underline-offset-3 hover:underline">
            API reference
          </a>
        </div>
      </footer>
    </>
  );
}

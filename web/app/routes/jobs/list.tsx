import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import clsx from 'clsx';
import { ListChecks, Plus } from 'lucide-react';
import { isTerminal, JOB_STATES, type JobState } from '#core/job/machine';
import { JobRows } from '../../components/job/job-rows.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Page } from '../../components/ui/page.tsx';
import { PageLinks } from '../../components/ui/page-links.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { keepWhileOffline } from '../../lib/keep-while-offline.ts';
import { STATE_LOOKS } from '../../lib/job-states.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

const PAGE_SIZE = 20;
const REFRESH_MS = 3_000;

export const meta: MetaFunction = () => [{ title: 'Jobs · CyxWiz' }];

function readState(value: string | null): JobState | undefined {
  return JOB_STATES.find((state) => state === value);
}

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { searchParams } = new URL(request.url);
  const state = readState(searchParams.get('state'));
  const pageToken = searchParams.get('after') ?? '';
  const page = await orErrorPage(context.services.jobs.list(actor, { pageSize: PAGE_SIZE, pageToken, state }));
  return json({ ...toWire(page), state: state ?? null, isFirstPage: pageToken === '' });
}

export const clientLoader = keepWhileOffline();

export default function JobList() {
  const { items, nextPageToken, state, isFirstPage } = useLoaderData<typeof loader>();
  useRefresh(isFirstPage && items.some((job) => !isTerminal(job.state)) ? REFRESH_MS : null);
  return (
    <Page
      title="Jobs"
      actions={
        <LinkButton to="/jobs/new" look="primary">
          <Plus className="size-4" aria-hidden="true" /> New job
        </LinkButton>
      }
    >
      <StateFilter current={state} />
      <div className="mt-4 overflow-hidden rounded-lg border bg-panel">
        {items.length > 0 ? <JobRows jobs={items} /> : <NoJobs state={state} />}
      </div>
      <PageLinks newest={isFirstPage ? null : listPath(state, '')} older={nextPageToken === '' ? null : listPath(state, nextPageToken)} />
    </Page>
  );
}

function listPath(state: string | null, after: string): string {
  const search = new URLSearchParams();
  if (state !== null) search.set('state', state);
  if (after !== '') search.set('after', after);
  const text = search.toString();
  return text === '' ? '/jobs' : `/jobs?${text}`;
}

function StateFilter({ current }: { current: JobState | null }) {
  const choices = [{ state: null, word: 'All' }, ...JOB_STATES.map((state) => ({ state, word: STATE_LOOKS[state].word }))];
  return (
    <nav aria-label="Filter by state" className="-mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0">
      <ul className="flex w-max gap-1.5 py-1">
        {choices.map(({ state, word }) => (
          <li key={word}>
            <Link
              to={listPath(state, '')}
              aria-current={state === current ? 'page' : undefined}
              className={clsx(
                'block rounded-full border px-3 py-1 text-xs font-medium whitespace-nowrap',
                state === current ? 'border-ink bg-ink text-ground' : 'text-muted hover:border-line-strong hover:text-ink',
              )}
            >
              {word}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function NoJobs({ state }: { state: JobState | null }) {
  if (state !== null) {
    return (
      <EmptyState icon={ListChecks} title={`No job is in the state “${STATE_LOOKS[state].word}”`} action={<LinkButton to="/jobs">Show all jobs</LinkButton>}>
        Jobs move through their states by themselves, so this list fills and empties while you watch.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={ListChecks}
      title="No jobs yet"
      action={
        <LinkButton to="/jobs/new" look="primary">
          Train your first model
        </LinkButton>
      }
    >
      Pick a dataset and a model, see the price, approve it. Nothing is locked before you approve.
    </EmptyState>
  );
}

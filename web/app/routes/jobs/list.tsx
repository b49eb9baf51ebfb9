import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import clsx from 'clsx';
import { ListChecks, Plus, SearchX } from 'lucide-react';
import { isTerminal, JOB_STATES } from '#core/job/machine';
import { JobList } from '../../components/job/job-list.tsx';
import { JobSearch } from '../../components/job/job-search.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { CsvLink } from '../../components/ui/csv-link.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Page } from '../../components/ui/page.tsx';
import { PageLinks } from '../../components/ui/page-links.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { jobsPath, readJobQuery, type JobQuery } from '../../lib/job-query.ts';
import { keepWhileOffline } from '../../lib/keep-while-offline.ts';
import { STATE_LOOKS } from '../../lib/job-states.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

const PAGE_SIZE = 20;
const REFRESH_MS = 3_000;

export const meta: MetaFunction = () => [{ title: 'Jobs · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { services } = context;
  const { searchParams } = new URL(request.url);
  const query = readJobQuery(searchParams);
  const pageToken = searchParams.get('after') ?? '';
  const [page, datasets] = await orErrorPage(
    Promise.all([services.jobs.list(actor, { pageSize: PAGE_SIZE, pageToken, state: query.state ?? undefined, q: query.q }), services.datasets.list(actor)]),
  );
  return json({ ...toWire(page), query, isFirstPage: pageToken === '', datasets: Object.fromEntries(datasets.map(({ cid, name }) => [cid, name])) });
}

export const clientLoader = keepWhileOffline();

export default function Jobs() {
  const { items, nextPageToken, query, isFirstPage, datasets } = useLoaderData<typeof loader>();
  useRefresh(isFirstPage && items.some((job) => !isTerminal(job.state)) ? REFRESH_MS : null);
  return (
    <Page
      title="Jobs"
      actions={
        <>
          {items.length > 0 && <CsvLink to={jobsPath(query, '', '/jobs.csv')} />}
          <LinkButton to="/jobs/new" look="primary">
            <Plus className="size-4" aria-hidden="true" /> New job
          </LinkButton>
        </>
      }
    >
      <div className="space-y-3">
        <JobSearch query={query} />
        <StateFilter query={query} />
      </div>
      <div className="mt-4">
        {items.length > 0 ? (
          <JobList jobs={items} datasets={datasets} />
        ) : (
          <div className="rounded-lg border bg-panel">
            <NoJobs query={query} />
          </div>
        )}
      </div>
      <PageLinks newest={isFirstPage ? null : jobsPath(query)} older={nextPageToken === '' ? null : jobsPath(query, nextPageToken)} />
    </Page>
  );
}

function StateFilter({ query }: { query: JobQuery }) {
  const choices = [{ state: null, word: 'All' }, ...JOB_STATES.map((state) => ({ state, word: STATE_LOOKS[state].word }))];
  return (
    <nav aria-label="Filter by state" className="-mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0">
      <ul className="flex w-max gap-1.5 py-1">
        {choices.map(({ state, word }) => (
          <li key={word}>
            <Link
              to={jobsPath({ ...query, state })}
              aria-current={state === query.state ? 'page' : undefined}
              className={clsx(
                'block rounded-full border px-3 py-1 text-xs font-medium whitespace-nowrap',
                state === query.state ? 'border-ink bg-ink text-ground' : 'text-muted hover:border-line-strong hover:text-ink',
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

function NoJobs({ query: { state, q } }: { query: JobQuery }) {
  if (q !== '') {
    const where = state === null ? '' : ` in the state “${STATE_LOOKS[state].word}”`;
    return (
      <EmptyState icon={SearchX} title={`No job${where} fits “${q}”`} action={<LinkButton to="/jobs">Show all jobs</LinkButton>}>
        Job ids, CIDs and device classes are found by their beginning, datasets by a part of their name.
      </EmptyState>
    );
  }
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

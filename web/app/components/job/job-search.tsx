import { Form } from '@remix-run/react';
import { Search } from 'lucide-react';
import type { JobQuery } from '../../lib/job-query.ts';
import { jobsPath } from '../../lib/job-query.ts';
import { Button, LinkButton } from '../ui/button.tsx';

/** Looks among one's jobs, within the state that is chosen. The address keeps it, so it works without JavaScript. */
export function JobSearch({ query }: { query: JobQuery }) {
  return (
    <Form method="get" action="/jobs" role="search" aria-label="Search the jobs" className="flex flex-wrap items-center gap-2">
      {query.state !== null && <input type="hidden" name="state" value={query.state} />}
      <div className="relative min-w-0 flex-1 basis-56 sm:max-w-sm">
        <Search className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-faint" aria-hidden="true" />
        <input
          // Remade with another search: going back shows what was looked for then.
          key={query.q}
          type="search"
          name="q"
          defaultValue={query.q}
          maxLength={100}
          aria-label="Job id, dataset or device class"
          placeholder="Id, dataset, device class"
          className="h-9 w-full rounded-md border border-line-strong/60 bg-raised pr-3 pl-9 text-base text-ink outline-none placeholder:text-faint focus-visible:border-accent focus-visible:ring-2 focus-visible:ring-accent/30 sm:text-sm"
        />
      </div>
      <Button>Search</Button>
      {query.q !== '' && (
        <LinkButton to={jobsPath({ ...query, q: '' })} look="quiet">
          Clear
        </LinkButton>
      )}
    </Form>
  );
}

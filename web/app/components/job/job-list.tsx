import { Form } from '@remix-run/react';
import { useEffect, useRef, useState } from 'react';
import type { JobSummary } from '#api/services/types';
import { isTerminal } from '#core/job/machine';
import { plural } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Button } from '../ui/button.tsx';
import { JobRows } from './job-rows.tsx';

interface JobListProps {
  readonly jobs: readonly Wire<JobSummary>[];
  /** Names of the datasets, by CID. */
  readonly datasets: Readonly<Record<string, string>>;
}

/** Jobs of which some can be chosen and cancelled together; a page of its own says first what that would mean. */
export function JobList({ jobs, datasets }: JobListProps) {
  const form = useRef<HTMLFormElement>(null);
  const [chosen, setChosen] = useState(0);
  const count = (): void => setChosen(form.current === null ? 0 : new FormData(form.current).getAll('job').length);
  // A job that has ended takes its box with it.
  useEffect(count, [jobs]);
  const open = jobs.filter((job) => !isTerminal(job.state)).length;
  return (
    <Form method="get" action="/jobs/cancel" ref={form} onChange={count} className="overflow-clip rounded-lg border bg-panel">
      <JobRows jobs={jobs} datasets={datasets} manage />
      {open > 0 && (
        <div className="sticky bottom-14 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t bg-sunken px-4 py-2.5 sm:px-5 lg:bottom-0">
          <p className="text-xs text-muted" role="status">
            {chosen === 0 ? `Choose among ${plural(open, 'job')} that ${open === 1 ? 'has' : 'have'} not ended.` : `${plural(chosen, 'job')} chosen.`}
          </p>
          <Button look={chosen === 0 ? 'plain' : 'danger'}>Cancel chosen jobs…</Button>
        </div>
      )}
    </Form>
  );
}

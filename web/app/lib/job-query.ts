import { JOB_STATES, type JobState } from '#core/job/machine';

/** What the list of jobs is narrowed to; the address keeps it. */
export interface JobQuery {
  readonly state: JobState | null;
  /** What is looked for; '' for everything. */
  readonly q: string;
}

/** A state that does not exist lets everything through. */
export function readJobQuery(search: URLSearchParams): JobQuery {
  return { state: JOB_STATES.find((state) => state === search.get('state')) ?? null, q: (search.get('q') ?? '').trim() };
}

/** The address of such a list: as a page, from a position on, or as a file. */
export function jobsPath({ state, q }: JobQuery, after = '', path: '/jobs' | '/jobs.csv' = '/jobs'): string {
  const search = new URLSearchParams();
  if (state !== null) search.set('state', state);
  if (q !== '') search.set('q', q);
  if (after !== '') search.set('after', after);
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

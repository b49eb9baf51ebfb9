import type { LoaderFunctionArgs } from '@remix-run/node';
import { csvResponse } from '../../lib/csv.ts';
import { orErrorPage } from '../../lib/errors.server.ts';
import { jobsCsv } from '../../lib/jobs-csv.server.ts';
import { readJobQuery } from '../../lib/job-query.ts';
import { requireViewer } from '../../lib/viewer.server.ts';

/** The jobs that the list is narrowed to, all of them, as a spreadsheet. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const query = readJobQuery(new URL(request.url).searchParams);
  return csvResponse('cyxwiz-jobs.csv', await orErrorPage(jobsCsv(context.services, actor, query)));
}

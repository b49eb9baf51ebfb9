import { json, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useActionData, useLoaderData } from '@remix-run/react';
import { ListChecks } from 'lucide-react';
import { CancelPlan } from '../../components/job/cancel-plan.tsx';
import { CancelResults } from '../../components/job/cancel-results.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Page } from '../../components/ui/page.tsx';
import { cancelJobs, planCancels, readJobIds } from '../../lib/cancel-jobs.server.ts';
import { orErrorPage } from '../../lib/errors.server.ts';
import { plural } from '../../lib/format.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Cancel jobs · CyxWiz' }];

/** Says first what would move; only the form of this page cancels. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const planned = await orErrorPage((async () => planCancels(context.services.jobs, actor, readJobIds(new URL(request.url).searchParams.getAll('job'))))());
  return json({ planned: toWire(planned) });
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const form = await request.formData();
  const results = await orErrorPage((async () => cancelJobs(context.services.jobs, actor, readJobIds(form.getAll('job'))))());
  return json({ results: toWire(results) });
}

export default function CancelJobs() {
  const { planned } = useLoaderData<typeof loader>();
  const results = useActionData<typeof action>()?.results;
  if (results !== undefined) {
    const cancelled = results.filter(({ outcome }) => outcome === 'cancelled').length;
    return (
      <Page title={`${plural(cancelled, 'job')} of ${results.length} cancelled`} narrow>
        <CancelResults results={results} />
      </Page>
    );
  }
  const open = planned.filter(({ canBeCancelled }) => canBeCancelled);
  if (open.length === 0) {
    return (
      <Page title="Cancel jobs" narrow>
        <div className="rounded-lg border bg-panel">
          <EmptyState icon={ListChecks} title={planned.length === 0 ? 'No job is chosen' : 'These jobs have ended already'} action={<LinkButton to="/jobs">Back to the jobs</LinkButton>}>
            Tick the jobs that you want to stop in the list of your jobs. Nothing was changed.
          </EmptyState>
        </div>
      </Page>
    );
  }
  return (
    <Page title={`Cancel ${plural(open.length, 'job')}?`} narrow>
      <CancelPlan planned={planned} />
    </Page>
  );
}

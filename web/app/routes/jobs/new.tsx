import { json, redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useActionData, useLoaderData } from '@remix-run/react';
import { randomUUID } from 'node:crypto';
import { useState } from 'react';
import type { Actor, Services } from '#api/services/types';
import { baseFromString } from '#core/money/amount';
import { JobForm } from '../../components/new-job/job-form.tsx';
import { NoDataset } from '../../components/new-job/no-dataset.tsx';
import { Plan } from '../../components/new-job/plan.tsx';
import { Page } from '../../components/ui/page.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';
import { newJobDefaults } from '../../lib/new-job-defaults.ts';
import { newJobProblem, parseSpecification, readValues, toSpecification } from '../../lib/new-job.server.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'New job · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { services } = context;
  const { searchParams } = new URL(request.url);
  const cloneOf = searchParams.get('from');
  const [datasets, nodes, wallet, original] = await orErrorPage(
    Promise.all([
      services.datasets.list(actor),
      services.nodes.list(),
      services.wallet.get(actor),
      cloneOf === null ? null : services.jobs.get(actor, cloneOf),
    ]),
  );
  const deviceClasses = [...new Set(nodes.map(({ deviceClass }) => deviceClass))].sort();
  return json({
    datasets: toWire(datasets),
    deviceClasses: deviceClasses.length === 0 ? ['cpu'] : deviceClasses,
    balanceBase: wallet?.balanceBase.toString() ?? null,
    wantedCid: searchParams.get('dataset'),
    cloned: original === null ? null : toWire(original.specification),
  });
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const form = await request.formData();
  return textOf(form, 'intent') === 'approve' ? approve(context.services, actor, form) : quote(context.services, actor, form);
}

async function quote(services: Services, actor: Actor, form: FormData) {
  const values = readValues(form);
  try {
    const specification = toSpecification(values, await services.datasets.list(actor));
    const [made, prices] = await Promise.all([services.quotes.get(actor, specification), services.quotes.compare(actor, specification)]);
    // One request id for one plan: pressing Approve twice is one job.
    return json({ values, problem: null, plan: { quote: toWire(made), prices: toWire(prices), specification, requestId: randomUUID() } });
  } catch (error) {
    const { problem, status } = newJobProblem(error);
    return json({ values, problem, plan: null }, { status });
  }
}

async function approve(services: Services, actor: Actor, form: FormData) {
  try {
    const { jobId } = await services.jobs.submit(actor, {
      requestId: textOf(form, 'requestId'),
      quoteId: textOf(form, 'quoteId'),
      specification: parseSpecification(textOf(form, 'specification')),
      budgetBase: baseFromString(textOf(form, 'budgetBase')),
    });
    return redirect(`/jobs/${jobId}`);
  } catch (error) {
    const { problem, status } = newJobProblem(error);
    return json({ values: JSON.parse(textOf(form, 'values') || '{}') as Record<string, string>, problem, plan: null }, { status });
  }
}

export default function NewJob() {
  const { datasets, deviceClasses, balanceBase, cloned, wantedCid } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  /** The plan that the form was changed after: it no longer says what would happen. */
  const [staleQuoteId, setStaleQuoteId] = useState<string | null>(null);
  const plan = result?.plan ?? null;
  if (datasets.length === 0) return <NoDataset />;
  return (
    <Page title="New job" intro="Choose data, model and hardware, then look at the plan. Nothing is locked before you approve it.">
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_22rem] lg:items-start">
        <JobForm
          datasets={datasets}
          deviceClasses={deviceClasses}
          values={result?.values ?? newJobDefaults(datasets, deviceClasses, cloned, wantedCid)}
          problem={result?.problem ?? null}
          onChange={() => setStaleQuoteId(plan?.quote.quoteId ?? null)}
        />
        <Plan plan={plan} values={result?.values ?? {}} balanceBase={balanceBase} isStale={plan !== null && plan.quote.quoteId === staleQuoteId} />
      </div>
    </Page>
  );
}

import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useLoaderData } from '@remix-run/react';
import { BrainCircuit } from 'lucide-react';
import { ModelRows } from '../../components/model/model-rows.tsx';
import { Button, LinkButton } from '../../components/ui/button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { SelectField } from '../../components/ui/field.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { namedModels } from '../../lib/models.server.ts';
import { requireViewer } from '../../lib/viewer.server.ts';

export const meta: MetaFunction = () => [{ title: 'Models · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const all = await orErrorPage(namedModels(context.services, actor));
  const { searchParams } = new URL(request.url);
  const data = searchParams.get('data') ?? '';
  const byScore = searchParams.get('sort') === 'best';
  const shown = data === '' ? [...all] : all.filter(({ specification }) => specification.datasetCid === data);
  if (byScore) shown.sort((a, b) => (b.testAccuracy ?? -1) - (a.testAccuracy ?? -1));
  const datasets = [...new Map(all.map(({ specification, datasetName }) => [specification.datasetCid, datasetName]))];
  return json({ models: shown, datasets, count: all.length, data, sort: byScore ? 'best' : 'newest' });
}

export default function ModelList() {
  const { models, datasets, count, data, sort } = useLoaderData<typeof loader>();
  return (
    <Page title="Models" intro="What you trained. Each score is measured by the platform, on data that the node never saw.">
      {count > 0 && (
        <Form className="mb-5 grid gap-4 sm:grid-cols-[minmax(0,16rem)_12rem_auto] sm:items-end">
          <SelectField label="Trained on" name="data" defaultValue={data}>
            <option value="">Any data</option>
            {datasets.map(([cid, name]) => (
              <option key={cid} value={cid}>
                {name}
              </option>
            ))}
          </SelectField>
          <SelectField label="Order" name="sort" defaultValue={sort}>
            <option value="newest">Newest first</option>
            <option value="best">Best first</option>
          </SelectField>
          <Button className="h-10 justify-self-start">Show</Button>
        </Form>
      )}
      <Panel title="Your models" aside={<span className="figure text-xs text-muted">{models.length}</span>} flush>
        {models.length > 0 ? (
          <ModelRows models={models} />
        ) : (
          <EmptyState
            icon={BrainCircuit}
            title={count > 0 ? 'No model was trained on this data' : 'No model yet'}
            action={
              <LinkButton to={count > 0 ? `/jobs/new?dataset=${data}` : '/jobs/new'} look="primary">
                {count > 0 ? 'Train one' : 'Train your first model'}
              </LinkButton>
            }
          >
            A job that completes leaves its model here, with what it scored and the file to download.
          </EmptyState>
        )}
      </Panel>
    </Page>
  );
}

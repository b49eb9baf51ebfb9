import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Database } from 'lucide-react';
import { DatasetRows } from '../../components/data/dataset-rows.tsx';
import { UploadPanel } from '../../components/data/upload-panel.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Data · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const datasets = await orErrorPage(context.services.datasets.list(actor));
  return json({ datasets: toWire(datasets), storageUrl: context.publicUrls.storage });
}

export default function DataList() {
  const { datasets, storageUrl } = useLoaderData<typeof loader>();
  return (
    <Page title="Data" intro="What your models learn from: encrypted before it leaves you, cut into 14 pieces of which any 10 are enough.">
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_22rem] lg:items-start">
        <Panel title="Your datasets" aside={<span className="figure text-xs text-muted">{datasets.length}</span>} flush>
          {datasets.length > 0 ? (
            <DatasetRows datasets={datasets} />
          ) : (
            <EmptyState icon={Database} title="No dataset yet">
              Choose a dataset file and press “Encrypt and store”. It then stands here, and a job can learn from it.
            </EmptyState>
          )}
        </Panel>
        <UploadPanel storageUrl={storageUrl} />
      </div>
    </Page>
  );
}

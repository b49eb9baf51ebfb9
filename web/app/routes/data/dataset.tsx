import { json, type AppLoadContext, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Plus } from 'lucide-react';
import type { Actor, DatasetView } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { shapeText } from '../../components/data/dataset-rows.tsx';
import { PreviewPanel } from '../../components/data/preview-panel.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { Fact, Facts } from '../../components/ui/facts.tsx';
import { Moment } from '../../components/ui/moment.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { ShortId } from '../../components/ui/short-id.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { countText, sizeText } from '../../lib/format.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire, type Wire } from '../../lib/wire.ts';

export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: data === undefined ? 'Data · CyxWiz' : `${data.dataset.name} · Data · CyxWiz` }];

export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const dataset = await orErrorPage(findDataset(context, actor, params.cid ?? ''));
  return json({ dataset: toWire(dataset), storageUrl: context.publicUrls.storage });
}

async function findDataset({ services }: AppLoadContext, actor: Actor, cid: string): Promise<DatasetView> {
  const dataset = (await services.datasets.list(actor)).find((own) => own.cid === cid);
  if (dataset === undefined) throw new CyxError('NOT_FOUND', 'You have no dataset with this CID.');
  return dataset;
}

export default function DatasetPage() {
  const { dataset, storageUrl } = useLoaderData<typeof loader>();
  return (
    <Page
      title={dataset.name}
      actions={
        <LinkButton to={`/jobs/new?dataset=${dataset.cid}`} look="primary">
          <Plus className="size-4" aria-hidden="true" /> Train a model on it
        </LinkButton>
      }
    >
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start">
        <PreviewPanel key={dataset.cid} cid={dataset.cid} sizeBytes={dataset.sizeBytes} storageUrl={storageUrl} />
        <Panel title="Facts">
          <DatasetFacts dataset={dataset} />
        </Panel>
      </div>
    </Page>
  );
}

function DatasetFacts({ dataset }: { dataset: Wire<DatasetView> }) {
  return (
    <Facts>
      <Fact name="To train on">
        <span className="figure">{countText(dataset.samples)}</span> samples
      </Fact>
      <Fact name="Held out">
        <span className="figure">{countText(dataset.heldOutSamples)}</span> samples
      </Fact>
      <Fact name="One sample">
        <span className="figure">{shapeText(dataset)}</span>
        {dataset.inputDtype !== null && <span className="text-muted"> {dataset.inputDtype}</span>}
      </Fact>
      <Fact name="To predict">{dataset.classes > 0 ? `one of ${countText(dataset.classes)} classes` : `${dataset.targetWidth ?? 'some'} numbers`}</Fact>
      <Fact name="Size">
        <span className="figure">{sizeText(dataset.sizeBytes)}</span>
      </Fact>
      <Fact name="Stored">
        <Moment at={dataset.createdAt} />
      </Fact>
      <Fact name="CID">
        <ShortId id={dataset.cid} what="dataset CID" keep={8} />
      </Fact>
    </Facts>
  );
}

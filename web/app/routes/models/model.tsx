import { json, type AppLoadContext, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { RotateCw } from 'lucide-react';
import type { Actor } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { TrainingFacts } from '../../components/job/training-facts.tsx';
import { DownloadModel } from '../../components/model/download-model.tsx';
import type { NamedModel } from '../../components/model/model-rows.tsx';
import { LayerTable } from '../../components/new-job/layer-table.tsx';
import { Amount } from '../../components/ui/amount.tsx';
import { LinkButton } from '../../components/ui/button.tsx';
import { Fact, Facts } from '../../components/ui/facts.tsx';
import { Moment } from '../../components/ui/moment.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { ShortId } from '../../components/ui/short-id.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { percentText } from '../../lib/format.ts';
import { modelName } from '../../lib/model-name.ts';
import { namedModels } from '../../lib/models.server.ts';
import { requireViewer } from '../../lib/viewer.server.ts';

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data === undefined ? 'Model · CyxWiz' : `${modelName(data.model.specification.graphJson)} · Model · CyxWiz` },
];

export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const model = await orErrorPage(findModel(context, actor, params.jobId ?? ''));
  return json({ model, storageUrl: context.publicUrls.storage });
}

async function findModel({ services }: AppLoadContext, actor: Actor, jobId: string): Promise<NamedModel> {
  const model = (await namedModels(services, actor)).find((own) => own.jobId === jobId);
  if (model === undefined) throw new CyxError('NOT_FOUND', 'You have no such model. It is there once its job has completed.');
  return model;
}

export default function ModelPage() {
  const { model, storageUrl } = useLoaderData<typeof loader>();
  return (
    <Page
      title={modelName(model.specification.graphJson)}
      actions={
        <>
          <LinkButton to={`/jobs/new?from=${model.jobId}`}>
            <RotateCw className="size-4" aria-hidden="true" /> Train it again
          </LinkButton>
          <DownloadModel jobId={model.jobId} storageUrl={storageUrl} />
        </>
      }
    >
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line">
        <Score name="Right on held-out data" value={model.testAccuracy === null ? 'not measured' : percentText(model.testAccuracy, 2)} />
        <Score name="Loss on held-out data" value={model.testLoss === null ? 'not measured' : model.testLoss.toFixed(4)} />
      </dl>
      <div className="mt-5 grid gap-5 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start">
        <Panel title="Layers">
          <LayerTable graphJson={model.specification.graphJson} />
        </Panel>
        <Panel title="Where it comes from">
          <Origin model={model} />
        </Panel>
      </div>
    </Page>
  );
}

function Score({ name, value }: { name: string; value: string }) {
  return (
    <div className="bg-panel px-4 py-4 sm:px-5">
      <dt className="eyebrow">{name}</dt>
      <dd className="figure mt-1 text-xl font-medium">{value}</dd>
    </div>
  );
}

function Origin({ model }: { model: NamedModel }) {
  const { hyperParameters: hyper, datasetCid, deviceClass } = model.specification;
  return (
    <Facts>
      <Fact name="Job">
        <ShortId id={model.jobId} what="job id" to={`/jobs/${model.jobId}`} keep={6} />
      </Fact>
      <Fact name="Data">
        <Link to={`/data/${datasetCid}`} className="underline decoration-line-strong underline-offset-3 hover:decoration-accent">
          {model.datasetName}
        </Link>
      </Fact>
      <TrainingFacts hyperParameters={hyper} />
      <Fact name="Hardware">
        <span className="figure">{deviceClass}</span>
      </Fact>
      <Fact name="Paid">
        <Amount base={model.amountBase} />
      </Fact>
      <Fact name="Done">
        <Moment at={model.createdAt} />
      </Fact>
      <Fact name="CID">
        <ShortId id={model.cid} what="model CID" keep={8} />
      </Fact>
    </Facts>
  );
}

import type { JobView } from '#api/services/types';
import { durationText } from '../../lib/format.ts';
import { modelName } from '../../lib/model-name.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { CopyButton, ShortId } from '../ui/short-id.tsx';
import { TrainingFacts } from './training-facts.tsx';

interface SpecificationProps {
  readonly job: Wire<JobView>;
  /** In Temporal Web, for operators alone. */
  readonly workflowUrl: string | null;
  readonly className?: string;
}

/** What was asked for, word for word: together with the seed it determines the result. */
export function Specification({ job, workflowUrl, className = '' }: SpecificationProps) {
  const { hyperParameters: hyper, datasetCid, deviceClass, deadlineMs, graphJson } = job.specification;
  const { epochs: _epochs, batchSize: _batchSize, learningRate: _rate, optimizer: _optimizer, seed: _seed, ...advanced } = hyper;
  return (
    <Panel title="Specification" className={className}>
      <Facts>
        <Fact name="Model">{modelName(graphJson)}</Fact>
        <Fact name="Dataset">
          <ShortId id={datasetCid} what="dataset CID" keep={8} />
        </Fact>
        <TrainingFacts hyperParameters={hyper} />
        {Object.keys(advanced).length > 0 && (
          <Fact name="Advanced">
            <code className="figure text-xs break-all">{JSON.stringify(advanced)}</code>
          </Fact>
        )}
        <Fact name="Hardware">
          <span className="figure">{deviceClass}</span>
        </Fact>
        <Fact name="Price">
          <Amount base={job.amountBase} />
        </Fact>
        <Fact name="Deadline">
          {durationText(deadlineMs)}
          <span className="text-muted">
            {' '}
            (<Moment at={job.deadlineAt} />)
          </span>
        </Fact>
        <Identities job={job} />
        {workflowUrl !== null && (
          <Fact name="Workflow">
            <a href={workflowUrl} target="_blank" rel="noreferrer" className="font-medium text-accent underline underline-offset-3">
              Open in Temporal Web
            </a>
          </Fact>
        )}
      </Facts>
      <GraphSource graphJson={graphJson} />
    </Panel>
  );
}

/** Everything one can look up elsewhere: in the storage, on the chain. */
function Identities({ job }: { job: Wire<JobView> }) {
  return (
    <>
      <Fact name="Job">
        <ShortId id={job.jobId} what="job id" keep={6} />
      </Fact>
      {job.escrowAddress !== null && (
        <Fact name="Escrow">
          <ShortId id={job.escrowAddress} what="escrow address" />
        </Fact>
      )}
      {job.nodeAccount !== null && (
        <Fact name="Node account">
          <ShortId id={job.nodeAccount} what="node account" />
        </Fact>
      )}
      {job.modelCid !== null && (
        <Fact name="Model CID">
          <ShortId id={job.modelCid} what="model CID" keep={8} />
        </Fact>
      )}
    </>
  );
}

function GraphSource({ graphJson }: { graphJson: string }) {
  return (
    <details className="mt-4 rounded-md border">
      <summary className="px-3 py-2 font-medium">Model graph</summary>
      <div className="relative border-t">
        <span className="absolute top-2 right-2">
          <CopyButton text={graphJson} what="model graph" />
        </span>
        <pre tabIndex={0} role="region" aria-label="Model graph as JSON" className="figure max-h-80 overflow-auto p-3 text-xs leading-relaxed">
          {prettyJson(graphJson)}
        </pre>
      </div>
    </details>
  );
}

function prettyJson(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2);
}

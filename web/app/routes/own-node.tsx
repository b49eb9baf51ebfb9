import { randomUUID } from 'node:crypto';
import { json, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useActionData, useLoaderData } from '@remix-run/react';
import { NodeFlags } from '../components/node/node-flags.tsx';
import { NodeStateMark } from '../components/node/node-state.tsx';
import { Slashes } from '../components/node/slashes.tsx';
import { StakePanel } from '../components/node/stake-panel.tsx';
import { Amount } from '../components/ui/amount.tsx';
import { Button, LinkButton } from '../components/ui/button.tsx';
import { Fact, Facts } from '../components/ui/facts.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { ShortId } from '../components/ui/short-id.tsx';
import { orErrorPage, toFormProblem, type FormProblem } from '../lib/errors.server.ts';
import { countText, percentText, plural } from '../lib/format.ts';
import { idOfTheSame } from '../lib/form-request-id.ts';
import { changeMachines } from '../lib/machines.server.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Node · CyxWiz' }];

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { nodes } = context.services;
  const nodeId = params['nodeId'] ?? '';
  const [node, slashes, earned] = await orErrorPage(Promise.all([nodes.getMine(actor, nodeId), nodes.slashes(actor, nodeId), nodes.earnings(actor, nodeId)]));
  return json({ node: toWire(node), slashes: toWire(slashes), earned: toWire(earned), requestId: randomUUID() });
}

interface Answer {
  readonly done: string | null;
  readonly problem: FormProblem | null;
  /** Of a top-up that failed: sent again under the same id, it adds once even where it went through after all. */
  readonly requestId?: string;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const form = await request.formData();
  try {
    return json<Answer>({ done: await changeMachines(context, actor, form), problem: null });
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json<Answer>({ done: null, problem, ...idOfTheSame(form, problem) }, { status });
  }
}

export default function OwnNode() {
  const { node, slashes, earned, requestId: newId } = useLoaderData<typeof loader>();
  const { done = null, problem = null, requestId = newId } = useActionData<Answer>() ?? {};
  const amountError = problem?.fields['amount'] ?? problem?.fields['amountBase'];
  return (
    <Page title={node.deviceName} intro={<>A node of class {node.deviceClass} on a machine of yours.</>} actions={<LinkButton to="/machines">All devices</LinkButton>}>
      <div aria-live="polite" className="mb-5 empty:hidden">
        {done !== null && <Notice kind="info">{done}</Notice>}
        {problem !== null && amountError === undefined && <Notice kind="problem">{problem.message}</Notice>}
      </div>
      <div className="grid gap-5 lg:grid-cols-2 lg:items-start">
        <div className="min-w-0 space-y-5">
          <Panel title="Now">
            <p className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1">
              <NodeStateMark state={node.state} />
              <NodeFlags node={node} />
            </p>
            <Facts>
              <Fact name="Node">
                <ShortId id={node.nodeId} what="node id" />
              </Fact>
              <Fact name="In hand">
                {node.jobs.length === 0 ? 'nothing' : node.jobs.map(({ jobId, attempt }) => <ShortId key={`${jobId}/${attempt}`} id={jobId} what="job id" />)}
              </Fact>
              <Fact name="Price per hour">
                <Amount base={node.pricePerHourBase} />
              </Fact>
              <Fact name="Measured speed">
                <span className="figure">{countText(node.samplesPerSecond)}</span> samples/s
              </Fact>
              <Fact name="Paid">{node.totalJobs === 0 ? 'no job yet' : `${percentText(node.successful / node.totalJobs, 0)} of ${plural(node.totalJobs, 'job')}`}</Fact>
              <Fact name="Earned">
                <Amount base={earned.amountBase} />
              </Fact>
            </Facts>
            {!node.banned && (
              <Form method="post" preventScrollReset className="mt-5 flex flex-wrap gap-3">
                <input type="hidden" name="node" value={node.nodeId} />
                <Button name="intent" value={node.paused ? 'unpause-node' : 'pause-node'}>
                  {node.paused ? 'End the pause' : 'Pause'}
                </Button>
                <Button name="intent" value={node.draining ? 'resume' : 'drain'}>
                  {node.draining ? 'End the draining' : 'Drain'}
                </Button>
              </Form>
            )}
            <p className="mt-3 text-xs text-muted">A pause lets the job in hand end; draining hands it back with what it has learned. Neither costs anything.</p>
          </Panel>
        </div>
        <div className="min-w-0 space-y-5">
          <StakePanel node={node} requestId={requestId} amountError={amountError} />
          <Slashes slashes={slashes} />
        </div>
      </div>
    </Page>
  );
}

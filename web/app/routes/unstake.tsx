import { json, redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import type { OwnNodeStatusView } from '#api/services/own-node-types';
import { Amount } from '../components/ui/amount.tsx';
import { Button, LinkButton } from '../components/ui/button.tsx';
import { Fact, Facts } from '../components/ui/facts.tsx';
import { Moment } from '../components/ui/moment.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { orErrorPage, toFormProblem } from '../lib/errors.server.ts';
import { textOf } from '../lib/form.ts';
import { plural } from '../lib/format.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire, type Wire } from '../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Take the stake back · CyxWiz' }];

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const node = await orErrorPage(context.services.nodes.getMine(actor, params['nodeId'] ?? ''));
  return json({ node: toWire(node) });
}

/** Waits for the chain: what the page then says is so. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { nodes } = context.services;
  const nodeId = params['nodeId'] ?? '';
  try {
    const intent = textOf(await request.formData(), 'intent');
    if (intent === 'cancel') await nodes.cancelUnstaking(actor, nodeId);
    else await nodes.beginUnstaking(actor, nodeId);
    return redirect(`/machines/nodes/${nodeId}/unstake`);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem: problem.message }, { status });
  }
}

export default function Unstake() {
  const { node } = useLoaderData<typeof loader>();
  const problem = useActionData<typeof action>()?.problem;
  return (
    <Page title="Take the stake back" intro={<>Of {node.deviceName}, class {node.deviceClass}.</>} narrow>
      <div aria-live="polite" className="mb-5 empty:hidden">{problem !== undefined && <Notice kind="problem">{problem}</Notice>}</div>
      <div className="space-y-5">
        {node.unstaking && (
          <Notice kind="waiting" title="The stake is locked">
            {node.unstakeAvailableAt === null ? 'The lock is being written on chain.' : <>It can be had back <Moment at={node.unstakeAvailableAt} />; it then goes to your wallet by itself.</>}
          </Notice>
        )}
        <Plan node={node} />
        <Decision node={node} />
      </div>
    </Page>
  );
}

function Plan({ node }: { node: Wire<OwnNodeStatusView> }) {
  return (
    <>
      <Panel title="What moves, and when">
        <Facts>
          <Fact name="From the stake to your wallet">
            <Amount base={node.stakeBase} />
          </Fact>
          <Fact name="At the earliest">{node.unstakeAvailableAt === null ? '7 days after you begin' : <Moment at={node.unstakeAvailableAt} />}</Fact>
          <Fact name="Waits for">{node.jobs.length === 0 ? 'no job' : `the outcome of ${plural(node.jobs.length, 'job')}`}</Fact>
          <Fact name="Meanwhile">the node gets no new job</Fact>
          <Fact name="Still at risk">a slash for a job before then is taken from it</Fact>
        </Facts>
      </Panel>
      <Panel title="What you can still undo">
        <p className="text-muted">
          Everything until the stake is on its way: cancel, and the lock ends at once, with the same stake. After that the node stays yours without a stake and gets no jobs, until you add 100 CYXWIZ to it.
        </p>
      </Panel>
    </>
  );
}

function Decision({ node }: { node: Wire<OwnNodeStatusView> }) {
  const busy = useNavigation().state !== 'idle';
  const back = `/machines/nodes/${node.nodeId}`;
  if (node.banned) return <Notice kind="problem">This node is banned and its whole stake was slashed, so there is nothing to take back.</Notice>;
  return (
    <Form method="post" className="flex flex-wrap gap-3">
      {node.unstaking ? (
        <Button name="intent" value="cancel" look="primary" disabled={busy}>
          {busy ? 'Waiting for the chain …' : 'Cancel, and go on working'}
        </Button>
      ) : (
        <Button name="intent" value="begin" look="danger" disabled={busy}>
          {busy ? 'Waiting for the chain …' : 'Begin the 7 days'}
        </Button>
      )}
      <LinkButton to={back}>{node.unstaking ? 'Back to the node' : 'Keep it staked'}</LinkButton>
    </Form>
  );
}

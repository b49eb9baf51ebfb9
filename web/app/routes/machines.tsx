import { json, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useActionData, useLoaderData } from '@remix-run/react';
import { Coins, Server } from 'lucide-react';
import { MachinePanel } from '../components/machine/machine-panel.tsx';
import { LinkButton } from '../components/ui/button.tsx';
import { EmptyState } from '../components/ui/empty-state.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { orErrorPage, toFormProblem } from '../lib/errors.server.ts';
import { keepWhileOffline } from '../lib/keep-while-offline.ts';
import { changeMachines } from '../lib/machines.server.ts';
import { useRefresh } from '../lib/use-refresh.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

const REFRESH_MS = 2_000;
/** The refresh that is to show a machine as offline comes this much after it is. */
const MARGIN_MS = 60;

export const meta: MetaFunction = () => [{ title: 'Devices · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { services } = context;
  const [machines, nodes, earnings] = await orErrorPage(
    Promise.all([services.machines.list(actor, actor.userId), services.nodes.listMine(actor), services.earnings.byNode(actor)]),
  );
  // Silence is noticed on time, not with the next refresh after it.
  const untilOffline = machines.flatMap(({ onlineUntil }) => (onlineUntil === null ? [] : [onlineUntil.getTime() - Date.now() + MARGIN_MS]));
  return json({ refreshMs: Math.max(MARGIN_MS, Math.min(REFRESH_MS, ...untilOffline)), machines: toWire(machines), nodes: toWire(nodes), earnings: toWire(earnings) });
}

interface Answer {
  readonly done: string | null;
  readonly problem: string | null;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  try {
    return json<Answer>({ done: await changeMachines(context, actor, await request.formData()), problem: null });
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json<Answer>({ done: null, problem: problem.message }, { status });
  }
}

export const clientLoader = keepWhileOffline();

export default function Machines() {
  const { refreshMs, machines, nodes, earnings } = useLoaderData<typeof loader>();
  const answer = useActionData<Answer>();
  useRefresh(machines.length > 0 ? refreshMs : REFRESH_MS);
  return (
    <Page
      title="My devices"
      intro="Your machines, what their devices do, and what they earn."
      actions={
        <LinkButton to="/earnings">
          <Coins className="size-4" aria-hidden="true" /> Earnings
        </LinkButton>
      }
    >
      <div aria-live="polite" className="mb-5 empty:hidden">
        {answer?.done != null && <Notice kind="info">{answer.done}</Notice>}
        {answer?.problem != null && <Notice kind="problem">{answer.problem}</Notice>}
      </div>
      {machines.length === 0 ? <NoMachines /> : null}
      <div className="space-y-5">
        {machines.map((machine) => (
          <MachinePanel key={machine.machineId} machine={machine} nodes={nodes.filter(({ machineId }) => machineId === machine.machineId)} earnings={earnings} />
        ))}
      </div>
    </Page>
  );
}

function NoMachines() {
  return (
    <div className="rounded-lg border bg-panel">
      <EmptyState
        icon={Server}
        title="No machine yet"
        action={
          <LinkButton to="/provide" look="primary">
            Start earning
          </LinkButton>
        }
      >
        Run the Server Node on a computer of yours: it registers itself here with its devices, and earns 90 % of every job that it does.
      </EmptyState>
    </div>
  );
}

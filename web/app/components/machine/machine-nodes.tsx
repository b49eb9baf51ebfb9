import { Form } from '@remix-run/react';
import type { NodeEarningsView, OwnNodeView } from '#api/services/machine-types';
import { plural } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { NodeFlags } from '../node/node-flags.tsx';
import { NodeStateMark } from '../node/node-state.tsx';
import { Amount } from '../ui/amount.tsx';
import { Button, LinkButton } from '../ui/button.tsx';
import { ShortId } from '../ui/short-id.tsx';

interface MachineNodesProps {
  readonly nodes: readonly Wire<OwnNodeView>[];
  readonly earnings: readonly Wire<NodeEarningsView>[];
  readonly hostname: string;
}

/** What works for money on a machine, and how to let it end its work. */
export function MachineNodes({ nodes, earnings, hostname }: MachineNodesProps) {
  if (nodes.length === 0) {
    return (
      <p className="border-t px-4 py-3 text-xs text-muted sm:px-5">
        No node runs here yet, so it earns nothing: start one on {hostname} and stake 100 CYXWIZ.
      </p>
    );
  }
  return (
    <ul className="divide-y border-t bg-sunken/40" aria-label={`Nodes of ${hostname}`}>
      {nodes.map((node) => (
        <li key={node.nodeId} className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-3 sm:px-5">
          <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
            <NodeStateMark state={node.state} />
            <NodeFlags node={node} />
            <span className="figure">{node.deviceClass}</span>
            <span className="inline-flex items-center gap-1">
              node <ShortId id={node.nodeId} what="node id" />
            </span>
            <span>
              staked <Amount base={node.stakeBase} inline className="font-medium text-ink" />
            </span>
            <Earned earned={earnings.find(({ nodeId }) => nodeId === node.nodeId)} />
          </p>
          <div className="flex gap-2">
            <LinkButton to={`/machines/nodes/${node.nodeId}`} look="quiet" aria-label={`Stake and slashes of the ${node.deviceClass} node of ${hostname}`}>
              Stake
            </LinkButton>
            <Form method="post" preventScrollReset>
              <input type="hidden" name="node" value={node.nodeId} />
              <Button name="intent" value={node.draining ? 'resume' : 'drain'} aria-label={`${node.draining ? 'Resume' : 'Drain'} the ${node.deviceClass} node of ${hostname}`}>
                {node.draining ? 'Resume' : 'Drain'}
              </Button>
            </Form>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Earned({ earned }: { earned: Wire<NodeEarningsView> | undefined }) {
  if (earned === undefined) return <span>earned nothing yet</span>;
  return (
    <span>
      earned <Amount base={earned.amountBase} inline className="font-medium text-ink" /> with {plural(earned.paidJobs, 'job')}
    </span>
  );
}

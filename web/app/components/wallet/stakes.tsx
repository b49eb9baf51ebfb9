import { Link } from '@remix-run/react';
import type { OwnNodeView } from '#api/services/machine-types';
import { stakeOutlook, totalBase } from '../../lib/money-words.ts';
import type { Wire } from '../../lib/wire.ts';
import { NodeStateMark } from '../node/node-state.tsx';
import { Amount } from '../ui/amount.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { NothingHere } from './nothing-here.tsx';

/** What one's own nodes have staked, and what it is at risk of. */
export function Stakes({ nodes }: { nodes: readonly Wire<OwnNodeView>[] }) {
  const total = totalBase(nodes.map(({ stakeBase }) => stakeBase));
  return (
    <Panel title="Staked with your nodes" aside={<Amount base={total} className="text-sm font-medium" />} flush>
      {nodes.length > 0 ? (
        <ul className="divide-y">
          {nodes.map((node) => (
            <StakeRow key={node.nodeId} node={node} />
          ))}
        </ul>
      ) : (
        <NothingHere to="/downloads" action="Get the Server Node">
          You have no node. One takes a stake of 100 CYXWIZ and earns 90 % of every job that it does.
        </NothingHere>
      )}
    </Panel>
  );
}

function StakeRow({ node }: { node: Wire<OwnNodeView> }) {
  return (
    <li className="px-4 py-3 sm:px-5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <p className="min-w-0">
          <Amount base={node.stakeBase} className="text-base font-medium" /> with{' '}
          <Link to="/machines" className="font-medium break-words underline decoration-line-strong underline-offset-3 hover:decoration-accent">
            {node.deviceName}
          </Link>
        </p>
        <span className="text-xs">
          <NodeStateMark state={node.state} />
        </span>
      </div>
      <p className="mt-1">{stakeOutlook(node)}</p>
      <p className="mt-1 flex flex-wrap items-center gap-x-3 text-xs text-muted">
        <span className="inline-flex items-center gap-1">
          node <ShortId id={node.nodeId} what="node id" />
        </span>
        {node.account !== null && (
          <span className="inline-flex items-center gap-1">
            account <ShortId id={node.account} what="node account" />
          </span>
        )}
      </p>
    </li>
  );
}

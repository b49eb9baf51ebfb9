import type { ReactNode } from 'react';
import type { NodeView } from '#api/services/types';
import { countText, durationText, percentText, plural } from '../../lib/format.ts';
import { samplesPerToken } from '../../lib/node-value.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { NodeStateMark } from './node-state.tsx';

/** Nodes with what was measured about them. */
export function NodeList({ nodes }: { nodes: readonly Wire<NodeView>[] }) {
  return (
    <ul className="divide-y">
      {nodes.map((node) => (
        <li key={node.nodeId} className="grid gap-x-6 gap-y-3 px-4 py-4 sm:px-5 lg:grid-cols-[minmax(0,1.5fr)_minmax(0,2fr)]">
          <div className="min-w-0">
            <p className="truncate font-medium">{node.deviceName}</p>
            <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
              <NodeStateMark state={node.state} />
              <span className="figure">{node.deviceClass}</span>
              {node.memoryMb > 0 && <span className="figure">{countText(node.memoryMb / 1024)} GB</span>}
              <span className="inline-flex items-center gap-1">
                node <ShortId id={node.nodeId} what="node id" />
              </span>
              {node.lastSeenAt !== null && (
                <span>
                  heard <Moment at={node.lastSeenAt} />
                </span>
              )}
            </p>
          </div>
          <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
            <Measure name="Price per hour">
              <Amount base={node.pricePerHourBase} />
            </Measure>
            <Measure name="Measured speed">
              <span className="figure">{countText(node.samplesPerSecond)}</span> <span className="text-xs text-muted">samples/s</span>
              <span className="block text-xs text-muted">{valueText(node)}</span>
            </Measure>
            <Measure name="Reliability">{reliability(node)}</Measure>
            <Measure name="Stake">
              <Amount base={node.stakeBase} />
            </Measure>
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Measure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  );
}

function valueText({ samplesPerSecond, pricePerHourBase }: Wire<NodeView>): string {
  if (samplesPerSecond === 0 || pricePerHourBase === '0') return '';
  return `${countText(samplesPerToken({ samplesPerSecond, pricePerHourBase: BigInt(pricePerHourBase) }))} samples a token`;
}

function reliability({ totalJobs, successful, avgTimeMs }: Wire<NodeView>): string {
  if (totalJobs === 0) return 'no job yet';
  const pace = avgTimeMs > 0 ? `, ${durationText(avgTimeMs)} each` : '';
  return `${percentText(successful / totalJobs, 0)} of ${plural(totalJobs, 'job')}${pace}`;
}

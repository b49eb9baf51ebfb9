import type { ReactNode } from 'react';
import type { NodeView } from '#api/services/types';
import { countText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';

/** The network as it is this minute; nothing here is rounded up. */
export function NetworkNumbers({ nodes }: { nodes: readonly Wire<NodeView>[] }) {
  const online = nodes.filter(({ state }) => state === 'ACTIVE' || state === 'BUSY');
  const speed = online.reduce((sum, { samplesPerSecond }) => sum + samplesPerSecond, 0);
  const staked = nodes.reduce((sum, { stakeBase }) => sum + BigInt(stakeBase), 0n);
  const jobs = nodes.reduce((sum, { totalJobs }) => sum + totalJobs, 0);
  const free = online.filter(({ state }) => state === 'ACTIVE').length;
  return (
    <section aria-label="The network now" className="border-y bg-panel">
      <dl className="mx-auto grid max-w-6xl grid-cols-2 divide-line px-4 sm:px-6 md:grid-cols-4 md:divide-x">
        <Reading name="Nodes online">
          {online.length} <Small>{free} free now</Small>
        </Reading>
        <Reading name="Measured speed">
          {countText(speed)} <Small>samples/s</Small>
        </Reading>
        <Reading name="Staked against bad work">
          <Amount base={staked.toString()} />
        </Reading>
        <Reading name="Jobs done by these nodes">{countText(jobs)}</Reading>
      </dl>
    </section>
  );
}

function Reading({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="py-5 md:px-6 md:first:pl-0">
      <dt className="eyebrow">{name}</dt>
      <dd className="figure mt-1 text-lg font-medium sm:text-xl">{children}</dd>
    </div>
  );
}

function Small({ children }: { children: ReactNode }) {
  return <span className="font-sans text-xs font-normal text-muted">{children}</span>;
}

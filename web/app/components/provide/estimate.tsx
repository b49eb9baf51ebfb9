import { Gauge } from 'lucide-react';
import { useState } from 'react';
import { countText } from '../../lib/format.ts';
import { measureBrowser } from '../../lib/measure-browser.ts';
import { estimatedSpeed, nodeShareBase, type MarketRow } from '../../lib/provide.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Button } from '../ui/button.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';

type Measured = { readonly kind: 'none' } | { readonly kind: 'running' } | { readonly kind: 'failed' } | { readonly kind: 'done'; readonly flopsPerSecond: number; readonly cores: number };

/** Times a matrix product in this browser and says what that may mean. The real measurement is the node's own, at set-up. */
export function Estimate({ cpu }: { cpu: Wire<MarketRow> | undefined }) {
  const [measured, setMeasured] = useState<Measured>({ kind: 'none' });
  const measure = async (): Promise<void> => {
    setMeasured({ kind: 'running' });
    try {
      setMeasured({ kind: 'done', flopsPerSecond: await measureBrowser(), cores: navigator.hardwareConcurrency });
    } catch {
      setMeasured({ kind: 'failed' });
    }
  };
  return (
    <>
      <p className="text-muted">
        Your browser multiplies matrices for two seconds on one core of this computer. From that comes a rough estimate for its processor; a graphics card is not measured here. What counts is what{' '}
        <code className="figure text-xs text-ink">cyxwiz node setup</code> measures.
      </p>
      <noscript>
        <p className="mt-4 font-medium">The measurement needs JavaScript. All numbers above and all commands below stand without it.</p>
      </noscript>
      <Button type="button" look="primary" className="js-only mt-4" disabled={measured.kind === 'running'} onClick={() => void measure()}>
        <Gauge className="size-4" aria-hidden="true" />
        {measured.kind === 'running' ? 'Measuring …' : measured.kind === 'done' ? 'Measure again' : 'Measure this computer'}
      </Button>
      <div aria-live="polite" className="empty:hidden">
        {measured.kind === 'failed' && (
          <div className="mt-4">
            <Notice kind="problem">This browser could not make the measurement. Run cyxwiz bench device instead.</Notice>
          </div>
        )}
        {measured.kind === 'done' && <Outcome measured={measured} cpu={cpu} />}
      </div>
    </>
  );
}

interface OutcomeProps {
  readonly measured: Extract<Measured, { kind: 'done' }>;
  readonly cpu: Wire<MarketRow> | undefined;
}

function Outcome({ measured: { flopsPerSecond, cores }, cpu }: OutcomeProps) {
  const { low, high } = estimatedSpeed({ flopsPerSecond, cores });
  return (
    <div className="mt-5 border-t pt-4">
      <Facts>
        <Fact name={`One of ${cores} cores, here`}>
          <span className="figure">{(flopsPerSecond / 1e9).toFixed(1)}</span> GFLOP/s
        </Fact>
        <Fact name="Estimate, as class cpu">
          <span className="figure">
            {rounded(low)} to {rounded(high)}
          </span>{' '}
          samples/s
        </Fact>
        {cpu !== undefined && cpu.medianSamplesPerSecond > 0 && (
          <Fact name="Nodes of it now, median">
            <span className="figure">{countText(cpu.medianSamplesPerSecond)}</span> samples/s
          </Fact>
        )}
        {cpu?.prices != null && (
          <Fact name="Yours of a median hour">
            <Amount base={nodeShareBase(BigInt(cpu.prices.medianBase)).toString()} />
          </Fact>
        )}
        {cpu?.paidPerNodeBase != null && (
          <Fact name="Paid to each node in 24 h">
            <Amount base={cpu.paidPerNodeBase} />
          </Fact>
        )}
      </Facts>
      <p className="mt-3 text-xs text-muted">An estimate, and no promise: how many jobs come depends on what people want to train, on your price, and on how reliable your node turns out to be.</p>
    </div>
  );
}

/** Two digits: more would say more than is known. */
function rounded(value: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return countText(Math.round(value / unit) * unit);
}

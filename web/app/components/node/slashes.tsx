import type { SlashView } from '#api/services/own-node-types';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';

/** Why a stake became less, each time, with what anybody can check it by. */
export function Slashes({ slashes }: { slashes: readonly Wire<SlashView>[] }) {
  return (
    <Panel title="Slashes" flush>
      {slashes.length === 0 ? (
        <p className="px-4 py-4 text-muted sm:px-5">None: nothing was ever taken from this stake.</p>
      ) : (
        <ul className="divide-y">
          {slashes.map((slash) => (
            <li key={`${slash.jobId}/${slash.attempt}`} className="px-4 py-4 sm:px-5">
              <p className="flex flex-wrap items-baseline justify-between gap-x-4">
                <span className="font-medium">{slash.outcome === 'timeout' ? 'Not done in time' : 'The result did not stand up'}</span>
                <span>
                  <Amount base={slash.amountBase} inline /> taken, {slash.percent} % of the stake
                </span>
              </p>
              <p className="mt-1">{slash.reason}</p>
              <p className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
                <Moment at={slash.at} />
                <span className="inline-flex items-center gap-1">
                  job <ShortId id={slash.jobId} what="job id" />
                </span>
                <span className="inline-flex items-center gap-1">
                  transaction <ShortId id={slash.signature} what="signature" to={`/tx/${slash.signature}`} />
                </span>
                {slash.evidenceHashHex !== null && (
                  <span className="inline-flex items-center gap-1">
                    evidence, SHA-256 <ShortId id={slash.evidenceHashHex} what="evidence hash" />
                  </span>
                )}
              </p>
              {slash.evidence !== null && (
                <details className="mt-2 text-xs">
                  <summary className="text-muted">The evidence, byte for byte what was hashed</summary>
                  <pre className="figure mt-2 rounded-md border bg-sunken p-3 break-all whitespace-pre-wrap">{slash.evidence}</pre>
                </details>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

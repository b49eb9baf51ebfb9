import { Form, useNavigation } from '@remix-run/react';
import type { ClassPriceView } from '#api/services/class-prices';
import { countText, durationText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';

interface PriceTableProps {
  readonly prices: readonly Wire<ClassPriceView>[];
  /** The form that the plan was made from: choosing another class sends it again. */
  readonly values: Readonly<Record<string, string>>;
  readonly isStale: boolean;
}

const CELL = 'py-2 pr-3 align-top last:pr-0';

/** The same job on each kind of hardware that is online; a button beside each plans it anew, without JavaScript too. */
export function PriceTable({ prices, values, isStale }: PriceTableProps) {
  const busy = useNavigation().state !== 'idle';
  return (
    <Form method="post" className="mt-5 border-t pt-3" aria-label="Other hardware">
      <input type="hidden" name="intent" value="quote" />
      {Object.entries(values).map(([name, value]) => name !== 'deviceClass' && <input key={name} type="hidden" name={name} value={value} />)}
      <table className="w-full text-xs">
        <caption className="pb-1 text-left text-xs font-medium">Price by device class</caption>
        <thead>
          <tr className="border-b text-left text-muted">
            <th scope="col" className={`${CELL} font-normal`}>
              Class
            </th>
            <th scope="col" className={`${CELL} text-right font-normal`}>
              At most
            </th>
            <th scope="col" className={`${CELL} text-right font-normal`}>
              About
            </th>
            <th scope="col" className={`${CELL} text-right font-normal`}>
              Nodes
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {prices.map((row) => (
            <tr key={row.deviceClass} aria-current={row.isOwn || undefined}>
              <th scope="row" className={`${CELL} text-left font-normal`}>
                <span className="figure block">{row.deviceClass}</span>
                {row.isOwn ? (
                  <span className="text-muted">this plan</span>
                ) : (
                  row.offer !== null && (
                    <button
                      name="deviceClass"
                      value={row.deviceClass}
                      disabled={isStale || busy}
                      aria-label={`Plan on ${row.deviceClass}`}
                      className="py-1 font-medium text-accent underline underline-offset-3 disabled:text-faint disabled:no-underline"
                    >
                      choose
                    </button>
                  )
                )}
              </th>
              <Offer row={row} />
            </tr>
          ))}
        </tbody>
      </table>
    </Form>
  );
}

function Offer({ row: { offer, reason } }: { row: Wire<ClassPriceView> }) {
  if (offer === null) {
    return (
      <td colSpan={3} className={`${CELL} text-muted`}>
        {reason}
      </td>
    );
  }
  return (
    <>
      <td className={`${CELL} text-right`}>
        <Amount base={offer.amountBase} className="block" />
        <span className="block text-muted">
          <Amount base={offer.pricePerHourBase} />
          /h
        </span>
      </td>
      <td className={`${CELL} text-right whitespace-nowrap`}>{durationText(offer.estimatedDurationMs)}</td>
      <td className={`${CELL} figure text-right`}>{countText(offer.capableNodes)}</td>
    </>
  );
}

import { MIN_STAKE_BASE, SLASH_BPS, type SlashReason } from '#core/money/split';
import { Amount } from '../ui/amount.tsx';
import { Fact, Facts } from '../ui/facts.tsx';

const CAUSES: Readonly<Record<SlashReason, { readonly what: string; readonly then: string }>> = {
  timeout: { what: 'A job is not done by its deadline, or its node falls silent', then: 'Silent for some 20 seconds with a job in hand: it goes on elsewhere. Time in which the platform itself was down does not count.' },
  invalid: { what: 'A result does not stand up to being run again', then: 'Two verifiers have to agree before anything is taken.' },
  ban: { what: 'It fails again and again', then: 'The node is banned for good, and the whole stake goes.' },
};

/** What a node has to have, and what it loses when. */
export function ProviderRules() {
  return (
    <>
      <Facts>
        <Fact name="Stake">
          at least <Amount base={MIN_STAKE_BASE.toString()} />
        </Fact>
        <Fact name="Yours again">7 days after you ask for it</Fact>
        <Fact name="Your share of each job">90 %</Fact>
        <Fact name="Device">a processor, or an NVIDIA card with CUDA</Fact>
        <Fact name="Network">outgoing only; trainings themselves get none</Fact>
      </Facts>
      <h3 className="mt-6 mb-2 font-medium">What costs stake</h3>
      <table className="w-full text-sm">
        <caption className="sr-only">What is slashed when</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">Cause</th>
            <th scope="col">Share of the stake</th>
          </tr>
        </thead>
        <tbody className="divide-y border-y">
          {(Object.keys(CAUSES) as SlashReason[]).map((reason) => (
            <tr key={reason}>
              <th scope="row" className="py-2.5 pr-4 text-left font-normal">
                {CAUSES[reason].what}
                <span className="block text-xs text-muted">{CAUSES[reason].then}</span>
              </th>
              <td className="figure py-2.5 text-right align-top font-medium whitespace-nowrap">{(Number(SLASH_BPS[reason]) / 100).toString()} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-3 text-xs text-muted">Of the stake at that moment. Below 100 CYXWIZ the node gets no new jobs until you top it up. The machine’s owner is told why, with the evidence.</p>
    </>
  );
}

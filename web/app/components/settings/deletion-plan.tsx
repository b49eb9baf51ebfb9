import type { DeletionPlan } from '#api/services/personal-data';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';

/** What goes and what stays, before anybody is asked to agree. */
export function DeletionPlanPanels({ lost }: { readonly lost: Wire<DeletionPlan['lost']> }) {
  return (
    <>
      <Panel title="What you lose, for ever">
        <Facts>
          <Fact name="In your wallet">{lost.wallet === null ? 'no wallet of ours' : <Amount base={lost.wallet.balanceBase} inline />}</Fact>
          <Fact name="Datasets">{lost.datasets}</Fact>
          <Fact name="Trained models">{lost.models}</Fact>
          <Fact name="Machines">{lost.machines}</Fact>
          <Fact name="API keys">{lost.apiKeys}</Fact>
        </Facts>
        <p className="mt-4 text-muted">
          The keys of your datasets, your models and your wallet are destroyed. Nobody can open them afterwards, we neither: move tokens away and download models first.
        </p>
      </Panel>
      <Panel title="What stays">
        <p className="text-muted">
          The books: that a job ran and which amounts moved, under an id that is nobody’s name. What is on chain stays there. Your e-mail address and your username are free again.
        </p>
      </Panel>
    </>
  );
}

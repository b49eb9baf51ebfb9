import { Form, useNavigation } from '@remix-run/react';
import { ArrowRight, ReceiptText } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import type { ClassPriceView } from '#api/services/class-prices';
import type { JobSpecification, QuoteView } from '#api/services/types';
import { amountText, durationText, plural } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { PriceTable } from './price-table.tsx';

export interface JobPlan {
  readonly quote: Wire<QuoteView>;
  /** The same job on each kind of hardware. */
  readonly prices: readonly Wire<ClassPriceView>[];
  readonly specification: Wire<JobSpecification>;
  readonly requestId: string;
}

interface PlanProps {
  readonly plan: JobPlan | null;
  readonly values: Readonly<Record<string, string>>;
  readonly balanceBase: string | null;
  readonly isStale: boolean;
}

/** What moves, from where to where, and what can still be undone: before anything is locked. */
export function Plan({ plan, values, balanceBase, isStale }: PlanProps) {
  const box = useRef<HTMLDivElement>(null);
  const quoteId = plan?.quote.quoteId;
  // On a phone the plan comes up below the form: go there, also with the keyboard's focus.
  useEffect(() => {
    if (quoteId !== undefined) box.current?.focus();
  }, [quoteId]);
  return (
    <div ref={box} tabIndex={-1} className="scroll-mt-20 rounded-lg outline-none lg:sticky lg:top-20" aria-live="polite">
      <Panel title="Plan" flush>
        {plan === null ? (
          <EmptyState icon={ReceiptText} title="No price yet">
            The plan shows what would be locked, who gets what, and how long it should take.
          </EmptyState>
        ) : (
          <PlanDetails plan={plan} values={values} balanceBase={balanceBase} isStale={isStale} />
        )}
      </Panel>
    </div>
  );
}

function PlanDetails({ plan, values, balanceBase, isStale }: PlanProps & { plan: JobPlan }) {
  const { quote } = plan;
  return (
    <div className="p-4 sm:p-5">
      <p>
        <Amount base={quote.amountBase} className="text-2xl font-medium" />
      </p>
      <p className="text-xs text-muted">at most, for {durationText(plan.specification.deadlineMs)}</p>
      <ol className="mt-5 space-y-4">
        <Move when="Now" from="your wallet" to="the job’s escrow">
          <Amount base={quote.amountBase} inline />
        </Move>
        <Move when="When the result is checked" from="the escrow" to="the node, and the platform">
          <Amount base={quote.nodeBase} inline /> and <Amount base={quote.platformBase} inline />
        </Move>
        <Move when="If it fails, or you cancel" from="the escrow" to="your wallet">
          <Amount base={quote.amountBase} inline />
        </Move>
      </ol>
      <Facts className="mt-5 border-t pt-3 text-xs">
        <Fact name="Should take about">{durationText(quote.estimatedDurationMs)}</Fact>
        <Fact name="Could run on">{plural(quote.capableNodes, 'node')}</Fact>
        <Fact name="Price per hour">
          <Amount base={quote.pricePerHourBase} />
        </Fact>
        {balanceBase !== null && (
          <Fact name="Your balance">
            <Amount base={balanceBase} />
          </Fact>
        )}
      </Facts>
      <PriceTable prices={plan.prices} values={values} isStale={isStale} />
      <Approval plan={plan} values={values} balanceBase={balanceBase} isStale={isStale} />
    </div>
  );
}

function Move({ when, from, to, children }: { when: string; from: string; to: string; children: ReactNode }) {
  return (
    <li className="border-l-2 border-line pl-3">
      <p className="text-xs text-muted">{when}</p>
      <p className="font-medium">{children}</p>
      <p className="flex flex-wrap items-center gap-x-1.5 text-xs text-muted">
        {from} <ArrowRight className="size-3" role="img" aria-label="to" /> {to}
      </p>
    </li>
  );
}

function Approval({ plan, values, balanceBase, isStale }: PlanProps & { plan: JobPlan }) {
  const { quote, specification, requestId } = plan;
  const navigation = useNavigation();
  const leftMs = Date.parse(quote.expiresAt) - useNow();
  const problem = whyNot({ isStale, leftMs, balanceBase, amountBase: quote.amountBase });
  const busy = navigation.formData?.get('intent') === 'approve';
  return (
    <Form method="post" className="mt-5">
      <input type="hidden" name="requestId" value={requestId} />
      <input type="hidden" name="quoteId" value={quote.quoteId} />
      <input type="hidden" name="budgetBase" value={quote.amountBase} />
      <input type="hidden" name="specification" value={JSON.stringify(specification)} />
      <input type="hidden" name="values" value={JSON.stringify(values)} />
      {problem !== null && (
        <Notice kind="info" className="mb-3">
          {problem}
        </Notice>
      )}
      <Button look="primary" name="intent" value="approve" className="h-10 w-full" disabled={busy || problem !== null}>
        {busy ? 'Submitting…' : `Approve and lock ${amountText(quote.amountBase)} CYXWIZ`}
      </Button>
      {problem === null && <p className="mt-2 text-center text-xs text-muted">This price holds for {durationText(roundedUp(leftMs))}.</p>}
    </Form>
  );
}

interface Doubts {
  readonly isStale: boolean;
  readonly leftMs: number;
  readonly balanceBase: string | null;
  readonly amountBase: string;
}

/** Why this plan can not be approved as it stands; null where it can. */
function whyNot({ isStale, leftMs, balanceBase, amountBase }: Doubts): string | null {
  if (isStale) return 'You changed the settings after this price. Get the price again.';
  if (leftMs <= 0) return 'This price has expired. Get the price again.';
  if (balanceBase === null) return 'Your wallet is still being made. Try again in a few seconds.';
  if (BigInt(balanceBase) < BigInt(amountBase)) return 'Your wallet holds less than this. Choose a shorter deadline, or add CYXWIZ to the wallet.';
  return null;
}

/** Whole minutes while there are some, so that the text is calm. */
function roundedUp(leftMs: number): number {
  return leftMs > 60_000 ? Math.ceil(leftMs / 60_000) * 60_000 : Math.ceil(leftMs / 1_000) * 1_000;
}

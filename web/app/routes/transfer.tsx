import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { ArrowRight } from 'lucide-react';
import { Amount } from '../components/ui/amount.tsx';
import { Fact, Facts } from '../components/ui/facts.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { CopyButton } from '../components/ui/short-id.tsx';
import { orErrorPage } from '../lib/errors.server.ts';
import { exactTimeText } from '../lib/format.ts';
import { accountWords, PURPOSE_WORDS } from '../lib/money-words.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Transaction · CyxWiz' }];

export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const { actor, user } = await requireViewer(context, request);
  const signature = params.signature ?? '';
  const transfers = await orErrorPage(context.services.wallet.transaction(actor, signature));
  return json({ signature, transfers: toWire(transfers), walletAddress: user.wallet?.address ?? null });
}

export default function Transaction() {
  const { signature, transfers, walletAddress } = useLoaderData<typeof loader>();
  return (
    <Page title="Transaction" intro="What this one signature moved, as the ledger booked it." narrow>
      <p className="figure mb-5 flex items-start gap-2 rounded-lg border bg-panel px-4 py-3 text-xs">
        <span className="break-all">{signature}</span>
        <CopyButton text={signature} what="signature" />
      </p>
      <div className="flex flex-col gap-5">
        {transfers.map((transfer) => (
          <Panel key={transfer.purpose} title={PURPOSE_WORDS[transfer.purpose].why}>
            <p className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1">
              <Amount base={transfer.amountBase} className="text-xl font-medium" />
              <span className="inline-flex items-center gap-2 text-muted">
                {accountWords(transfer.from, walletAddress)}
                <ArrowRight className="size-4" role="img" aria-label="to" />
                {accountWords(transfer.to, walletAddress)}
              </span>
            </p>
            <Facts>
              <Fact name="From">
                <span className="figure text-xs break-all">{transfer.from}</span>
              </Fact>
              <Fact name="To">
                <span className="figure text-xs break-all">{transfer.to}</span>
              </Fact>
              <Fact name="Base units">
                <span className="figure">{transfer.amountBase}</span>
              </Fact>
              <Fact name="Booked">{exactTimeText(transfer.at)}</Fact>
              {transfer.jobId !== null && (
                <Fact name={transfer.canOpenJob ? 'Job' : 'A customer’s job'}>
                  <JobOf jobId={transfer.jobId} canOpenJob={transfer.canOpenJob} />
                </Fact>
              )}
            </Facts>
          </Panel>
        ))}
      </div>
    </Page>
  );
}

function JobOf({ jobId, canOpenJob }: { jobId: string; canOpenJob: boolean }) {
  if (!canOpenJob) return <span className="figure text-xs break-all">{jobId}</span>;
  return (
    <Link to={`/jobs/${jobId}`} className="figure text-xs break-all text-accent underline underline-offset-3">
      {jobId}
    </Link>
  );
}

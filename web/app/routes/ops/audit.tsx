import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useLoaderData, useNavigation } from '@remix-run/react';
import type { AuditProblem } from '#api/services/audit';
import { OpsTabs } from '../../components/ops/ops-tabs.tsx';
import { Amount } from '../../components/ui/amount.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Fact, Facts } from '../../components/ui/facts.tsx';
import { Moment } from '../../components/ui/moment.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { countText } from '../../lib/format.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Audit · Operations · CyxWiz' }];

/** For operators: the ledger held against the chain, as it is just now. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  return json({ report: toWire(await orErrorPage(context.services.operations.audit(actor))) });
}

export default function Audit() {
  const { report } = useLoaderData<typeof loader>();
  const isRunning = useNavigation().state !== 'idle';
  return (
    <Page
      title="Audit"
      intro="Every transfer has to add up to zero, every account to hold on chain what the ledger says, and every ended job’s escrow to be settled as its state claims."
      actions={
        <Form method="get">
          <Button disabled={isRunning}>{isRunning ? 'Comparing…' : 'Compare again'}</Button>
        </Form>
      }
    >
      <OpsTabs />
      <div className="space-y-4">
        {report.ok ? (
          <Notice kind="info" title="The books agree with the chain">
            Compared <Moment at={report.checkedAt} />.
          </Notice>
        ) : (
          <Notice kind="problem" title="The books and the chain do not agree">
            Compared <Moment at={report.checkedAt} />, three times over: this is no delay.
          </Notice>
        )}
        <Panel title="What was compared">
          <Facts>
            <Fact name="Accounts">
              <span className="figure">{countText(report.accounts)}</span>
            </Fact>
            <Fact name="Jobs">
              <span className="figure">{countText(report.jobs)}</span>
            </Fact>
            <Fact name="Ever minted">
              <Amount base={report.supplyBase} />
            </Fact>
          </Facts>
        </Panel>
        {report.problems.length > 0 && <Findings title="Problems" findings={report.problems} />}
        {report.unbooked.length > 0 && <Findings title="Sent from outside, in nobody’s books" findings={report.unbooked} />}
      </div>
    </Page>
  );
}

function Findings({ title, findings }: { title: string; findings: readonly AuditProblem[] }) {
  return (
    <Panel title={title} flush>
      <ul className="divide-y">
        {findings.map(({ subject, message }) => (
          <li key={subject + message} className="px-4 py-2.5 sm:px-5">
            <span className="figure text-xs break-all">{subject}</span>
            <span className="block text-muted">{message}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

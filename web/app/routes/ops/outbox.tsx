import { json, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Mail } from 'lucide-react';
import { OpsTabs } from '../../components/ops/ops-tabs.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Moment } from '../../components/ui/moment.tsx';
import { Page } from '../../components/ui/page.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { orErrorPage } from '../../lib/errors.server.ts';
import { requireViewer } from '../../lib/viewer.server.ts';
import { toWire } from '../../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Outbox · Operations · CyxWiz' }];

/** For operators: mail that this platform keeps because no mail server is named. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const mails = await orErrorPage(context.services.outbox.list(actor));
  return json({ isSent: mails === null, mails: toWire(mails ?? []) });
}

export default function Outbox() {
  const { isSent, mails } = useLoaderData<typeof loader>();
  return (
    <Page title="Outbox" intro={isSent ? 'A mail server is configured: mail is sent, and none is kept here.' : 'No mail server is configured, so mail stays here. Pass it on yourself.'} narrow>
      <OpsTabs />
      {mails.length === 0 ? (
        <Panel title="Mails" flush>
          <EmptyState icon={Mail} title="Nothing here">
            Mail that somebody asks for shows up here, newest first.
          </EmptyState>
        </Panel>
      ) : (
        <ul className="space-y-4">
          {mails.map(({ id, to, subject, text, at }) => (
            <li key={id}>
              <article className="rounded-lg border bg-panel p-4 sm:p-5">
                <h2 className="font-semibold">{subject}</h2>
                <p className="mb-3 text-muted">
                  To {to}, <Moment at={at} />
                </p>
                <pre className="font-mono text-xs break-words whitespace-pre-wrap">{text}</pre>
              </article>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

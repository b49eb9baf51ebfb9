import { json, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useActionData, useLoaderData } from '@remix-run/react';
import { ApiKeysPanel } from '../components/settings/api-keys-panel.tsx';
import { DataPanel } from '../components/settings/data-panel.tsx';
import { LoginPanel } from '../components/settings/login-panel.tsx';
import { ProfilePanel } from '../components/settings/profile-panel.tsx';
import { SessionsPanel } from '../components/settings/sessions-panel.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { orErrorPage, toFormProblem, type FormProblem } from '../lib/errors.server.ts';
import { changeSettings, type Outcome } from '../lib/settings.server.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Settings · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor, user } = await requireViewer(context, request);
  const { loginMethods, sessions, apiKeys } = context.services;
  const sessionId = await context.session.sessionId();
  const [methods, listed, keys] = await orErrorPage(Promise.all([loginMethods.list(actor), sessions.list(actor, sessionId), apiKeys.list(actor)]));
  return json({ user: toWire(user), methods: toWire(methods), sessions: toWire(listed), keys: toWire(keys), sites: context.services.oauth.kinds() });
}

interface Answer {
  readonly problem: FormProblem | null;
  readonly outcome: Outcome | null;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  try {
    return json<Answer>({ problem: null, outcome: await changeSettings(context, actor, await request.formData()) });
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json<Answer>({ problem, outcome: null }, { status });
  }
}

export default function Settings() {
  const { user, methods, sessions, keys, sites } = useLoaderData<typeof loader>();
  const answer = useActionData<Answer>();
  const problem = answer?.problem ?? null;
  const errors = problem?.fields ?? {};
  return (
    <Page title="Settings" narrow>
      <div aria-live="polite" className="mb-5 empty:hidden">
        {answer?.outcome != null && <Notice kind="info">{answer.outcome.done}</Notice>}
        {problem !== null && Object.keys(errors).length === 0 && <Notice kind="problem">{problem.message}</Notice>}
      </div>
      <div className="space-y-5">
        <ProfilePanel user={user} hasPassword={methods.some(({ kind }) => kind === 'password')} errors={errors} />
        <LoginPanel methods={methods} sites={sites} errors={errors} />
        <SessionsPanel sessions={sessions} />
        <ApiKeysPanel keys={keys} newKey={answer?.outcome?.newKey ?? null} errors={errors} />
        <DataPanel />
      </div>
    </Page>
  );
}

import { json, redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useActionData, useLoaderData } from '@remix-run/react';
import { DeletionPlanPanels } from '../components/settings/deletion-plan.tsx';
import { Button, LinkButton } from '../components/ui/button.tsx';
import { Field } from '../components/ui/field.tsx';
import { Notice } from '../components/ui/notice.tsx';
import { Page } from '../components/ui/page.tsx';
import { Panel } from '../components/ui/panel.tsx';
import { orErrorPage, toFormProblem } from '../lib/errors.server.ts';
import { textOf } from '../lib/form.ts';
import { requireViewer } from '../lib/viewer.server.ts';
import { toWire } from '../lib/wire.ts';

export const meta: MetaFunction = () => [{ title: 'Delete my account · CyxWiz' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor, user } = await requireViewer(context, request);
  const { personalData, loginMethods } = context.services;
  const [plan, methods] = await orErrorPage(Promise.all([personalData.deletionPlan(actor, actor.userId), loginMethods.list(actor)]));
  return json({ plan: toWire(plan), username: user.username, hasPassword: methods.some(({ kind }) => kind === 'password') });
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const form = await request.formData();
  try {
    await context.services.personalData.requestDeletion(actor, actor.userId, { username: textOf(form, 'username'), password: textOf(form, 'password') });
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem }, { status });
  }
  await context.session.signOut();
  return redirect('/goodbye');
}

export default function DeleteAccount() {
  const { plan, username, hasPassword } = useLoaderData<typeof loader>();
  const problem = useActionData<typeof action>()?.problem ?? null;
  const errors = problem?.fields ?? {};
  return (
    <Page title="Delete my account" narrow>
      <div className="space-y-5">
        {plan.blockers.length > 0 && (
          <Notice kind="waiting" title="Not yet">
            {plan.blockers.map((blocker) => (
              <p key={blocker}>{blocker}</p>
            ))}
          </Notice>
        )}
        <DeletionPlanPanels lost={plan.lost} />
        {plan.blockers.length === 0 && (
          <Panel title="Delete it">
            {problem !== null && Object.keys(errors).length === 0 && (
              <Notice kind="problem" className="mb-4">
                {problem.message}
              </Notice>
            )}
            <Form method="post" className="space-y-4">
              <Field label={`Your username, ${username}, to confirm`} name="username" autoComplete="off" error={errors['username']} required />
              {hasPassword && <Field label="Your password" name="password" type="password" autoComplete="current-password" error={errors['password']} required />}
              <div className="flex flex-wrap gap-3">
                <Button look="danger">Delete my account for ever</Button>
                <LinkButton to="/settings">Keep it</LinkButton>
              </div>
            </Form>
          </Panel>
        )}
      </div>
    </Page>
  );
}

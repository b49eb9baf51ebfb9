import { json, redirect, type ActionFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, Link, useActionData, useSearchParams } from '@remix-run/react';
import { AuthCard } from '../../components/account/auth-card.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { toFormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';

export const meta: MetaFunction = () => [{ title: 'New password · CyxWiz' }];

/** Opening the link uses nothing up: mail programs open links by themselves. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  try {
    const user = await context.services.email.resetPassword({ token: textOf(form, 'token'), password: textOf(form, 'password') }, context.from);
    await context.session.signIn(user.id);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem }, { status });
  }
  throw redirect('/dashboard');
}

export default function ResetPassword() {
  const result = useActionData<typeof action>();
  const [search] = useSearchParams();
  const problem = result?.problem;
  return (
    <AuthCard>
      <h1 className="text-xl font-semibold tracking-tight">Set a new password</h1>
      <p className="mt-1 text-muted">All other logins end with it.</p>
      <Form method="post" className="mt-5 space-y-4">
        {problem !== undefined && Object.keys(problem.fields).length === 0 && (
          <Notice kind="problem">
            {problem.message}{' '}
            <Link to="/forgot-password" className="underline underline-offset-3">
              Get a new link
            </Link>
          </Notice>
        )}
        <input type="hidden" name="token" value={search.get('token') ?? ''} />
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          hint="Long beats complicated: four unrelated words are a good start."
          error={problem?.fields.password}
          required
        />
        <Button look="primary" className="h-10 w-full">
          Set it and log in
        </Button>
      </Form>
    </AuthCard>
  );
}

import { json, redirect, type ActionFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, Link, useActionData, useNavigation, useSearchParams } from '@remix-run/react';
import { OtherWays } from '../../components/account/other-ways.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { toFormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';
import { safeNext } from '../../lib/viewer.server.ts';

export const meta: MetaFunction = () => [{ title: 'Sign up · CyxWiz' }];

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const email = textOf(form, 'email').trim();
  const username = textOf(form, 'username').trim();
  try {
    const user = await context.services.accounts.register({ email, username, password: textOf(form, 'password') }, context.from);
    await context.session.signIn(user.id);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem, email, username }, { status });
  }
  throw redirect(safeNext(form.get('next')));
}

export default function Signup() {
  const result = useActionData<typeof action>();
  const [search] = useSearchParams();
  const next = search.get('next') ?? '';
  const busy = useNavigation().formAction?.startsWith('/signup') === true;
  const fields = result?.problem.fields;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Create an account</h1>
      <p className="mt-1 text-muted">You get a wallet with it; its balance is yours to spend on training.</p>
      <Form method="post" className="mt-6 space-y-4">
        {result !== undefined && Object.keys(result.problem.fields).length === 0 && (
          <Notice kind="problem">{result.problem.message}</Notice>
        )}
        <input type="hidden" name="next" value={next} />
        <Field label="E-mail" name="email" type="email" autoComplete="email" defaultValue={result?.email} error={fields?.email} required />
        <Field
          label="Username"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          hint="How others see you, for example on a node you rent out."
          defaultValue={result?.username}
          error={fields?.username}
          required
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          hint="Long beats complicated: four unrelated words are a good start."
          error={fields?.password}
          required
        />
        <Button look="primary" className="h-10 w-full" disabled={busy}>
          {busy ? 'Creating the account…' : 'Create the account'}
        </Button>
      </Form>
      <OtherWays next={next} />
      <p className="mt-5 text-muted">
        Here before?{' '}
        <Link to={next === '' ? '/login' : `/login?next=${encodeURIComponent(next)}`} className="font-medium text-accent underline underline-offset-3">
          Log in
        </Link>
      </p>
    </>
  );
}

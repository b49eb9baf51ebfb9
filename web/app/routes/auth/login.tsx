import { json, redirect, type ActionFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, Link, useActionData, useNavigation, useSearchParams } from '@remix-run/react';
import { OtherWays } from '../../components/account/other-ways.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { toFormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';
import { safeNext } from '../../lib/viewer.server.ts';

export const meta: MetaFunction = () => [{ title: 'Log in · CyxWiz' }];

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const login = textOf(form, 'login').trim();
  try {
    const user = await context.services.accounts.login({ login, password: textOf(form, 'password') }, context.from);
    await context.session.signIn(user.id);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json({ problem, login }, { status });
  }
  throw redirect(safeNext(form.get('next')));
}

export default function Login() {
  const result = useActionData<typeof action>();
  const [search] = useSearchParams();
  const next = search.get('next') ?? '';
  const busy = useNavigation().formAction?.startsWith('/login') === true;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Log in</h1>
      <p className="mt-1 text-muted">{next === '' ? 'To your jobs, wallet and nodes.' : 'Log in to go on where you were.'}</p>
      <Form method="post" className="mt-6 space-y-4">
        {result !== undefined && Object.keys(result.problem.fields).length === 0 && (
          <Notice kind="problem">{result.problem.message}</Notice>
        )}
        <input type="hidden" name="next" value={next} />
        <Field
          label="E-mail or username"
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          defaultValue={result?.login}
          error={result?.problem.fields.login}
          required
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          error={result?.problem.fields.password}
          required
        />
        <Button look="primary" className="h-10 w-full" disabled={busy}>
          {busy ? 'Logging in…' : 'Log in'}
        </Button>
      </Form>
      <p className="mt-3">
        <Link to="/forgot-password" className="text-muted underline underline-offset-3 hover:text-ink">
          Forgot your password?
        </Link>
      </p>
      <OtherWays next={next} />
      <p className="mt-5 text-muted">
        New here?{' '}
        <Link to={next === '' ? '/signup' : `/signup?next=${encodeURIComponent(next)}`} className="font-medium text-accent underline underline-offset-3">
          Create an account
        </Link>
      </p>
    </>
  );
}

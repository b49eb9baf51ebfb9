import { json, type ActionFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, Link, useActionData } from '@remix-run/react';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { toFormProblem, type FormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';

export const meta: MetaFunction = () => [{ title: 'Forgot password · CyxWiz' }];

export async function action({ request, context }: ActionFunctionArgs) {
  const email = textOf(await request.formData(), 'email').trim();
  try {
    await context.services.email.requestReset(email, context.from);
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json<Answer>({ problem, email }, { status });
  }
  return json<Answer>({ problem: null, email });
}

interface Answer {
  readonly problem: FormProblem | null;
  readonly email: string;
}

export default function ForgotPassword() {
  const result = useActionData<Answer>();
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Forgot your password?</h1>
      {result?.problem === null ? (
        <Notice kind="info" className="mt-5">
          If there is an account with {result.email}, a link is on its way. It is good once, for an hour.
        </Notice>
      ) : (
        <Form method="post" className="mt-5 space-y-4">
          {result !== undefined && <Notice kind="problem">{result.problem.message}</Notice>}
          <Field label="E-mail" name="email" type="email" autoComplete="email" hint="We send you a link for a new one." defaultValue={result?.email} required />
          <Button look="primary" className="h-10 w-full">
            Send the link
          </Button>
        </Form>
      )}
      <p className="mt-5 text-muted">
        <Link to="/login" className="font-medium text-accent underline underline-offset-3">
          Back to the login
        </Link>
      </p>
    </>
  );
}

import { json, type ActionFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useActionData, useSearchParams } from '@remix-run/react';
import { AuthCard } from '../../components/account/auth-card.tsx';
import { Button, LinkButton } from '../../components/ui/button.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { toFormProblem, type FormProblem } from '../../lib/errors.server.ts';
import { textOf } from '../../lib/form.ts';

export const meta: MetaFunction = () => [{ title: 'Verify your e-mail · CyxWiz' }];

export async function action({ request, context }: ActionFunctionArgs) {
  try {
    await context.services.email.verify(textOf(await request.formData(), 'token'));
  } catch (error) {
    const { problem, status } = toFormProblem(error);
    return json<{ problem: FormProblem | null }>({ problem }, { status });
  }
  return json<{ problem: FormProblem | null }>({ problem: null });
}

export default function VerifyEmail() {
  const result = useActionData<{ problem: FormProblem | null }>();
  const [search] = useSearchParams();
  return (
    <AuthCard>
      <h1 className="text-xl font-semibold tracking-tight">Verify your e-mail address</h1>
      {result?.problem === null ? (
        <>
          <Notice kind="info" className="my-5">
            Done: this address is yours.
          </Notice>
          <LinkButton to="/dashboard" look="primary">
            To the dashboard
          </LinkButton>
        </>
      ) : result !== undefined ? (
        <>
          <Notice kind="problem" className="my-5">
            {result.problem.message}
          </Notice>
          <LinkButton to="/settings" look="primary">
            Get a new link in the settings
          </LinkButton>
        </>
      ) : (
        <Form method="post" className="mt-5 space-y-4">
          <input type="hidden" name="token" value={search.get('token') ?? ''} />
          <Button look="primary" className="h-10 w-full">
            This address is mine
          </Button>
        </Form>
      )}
    </AuthCard>
  );
}

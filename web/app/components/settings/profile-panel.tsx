import { Form } from '@remix-run/react';
import { ROLES, type Role } from '#core/identity/roles';
import { Button } from '../ui/button.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/panel.tsx';

interface ProfilePanelProps {
  readonly user: { username: string; email: string | null; emailVerified: boolean; role: Role; subscription: 'free' | 'pro' };
  readonly hasPassword: boolean;
  readonly errors: Readonly<Record<string, string>>;
}

export function ProfilePanel({ user, hasPassword, errors }: ProfilePanelProps) {
  return (
    <Panel title="Profile">
      <Facts>
        <Fact name="Username">{user.username}</Fact>
        <Fact name="Role">
          {ROLES[user.role].title} <span className="block text-xs text-muted">{ROLES[user.role].about}</span>
        </Fact>
        <Fact name="Subscription">
          <span className="capitalize">{user.subscription}</span>
        </Fact>
        <Fact name="E-mail">
          {user.email ?? 'none yet'}
          {user.email !== null && <span className="block text-xs text-muted">{user.emailVerified ? 'verified' : 'not verified yet'}</span>}
        </Fact>
      </Facts>
      {user.email !== null && !user.emailVerified && (
        <Form method="post" className="mt-4" preventScrollReset>
          <Button name="intent" value="send-verification">
            Send the verification link
          </Button>
        </Form>
      )}
      <Form method="post" className="mt-5 space-y-4 border-t pt-5" preventScrollReset>
        <input type="hidden" name="intent" value="set-email" />
        <Field label={user.email === null ? 'E-mail' : 'New e-mail'} name="email" type="email" autoComplete="email" error={errors['email']} required />
        {hasPassword && <Field label="Your password" name="confirm" type="password" autoComplete="current-password" error={errors['confirm']} required />}
        <Button>{user.email === null ? 'Add the e-mail' : 'Change the e-mail'}</Button>
      </Form>
    </Panel>
  );
}

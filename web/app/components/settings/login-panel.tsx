import { Form } from '@remix-run/react';
import type { LoginMethodView } from '#api/services/account-types';
import type { Wire } from '../../lib/wire.ts';
import { OauthLinks, type OauthSite } from '../account/oauth-links.tsx';
import { WalletButtons } from '../account/wallet-buttons.tsx';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';

const NAMES: Readonly<Record<LoginMethodView['kind'], string>> = { password: 'Password', wallet: 'Wallet', github: 'GitHub', google: 'Google' };

interface LoginPanelProps {
  readonly methods: readonly Wire<LoginMethodView>[];
  readonly sites: readonly OauthSite[];
  readonly errors: Readonly<Record<string, string>>;
}

/** The ways into the account. The last one has no button to remove it. */
export function LoginPanel({ methods, sites, errors }: LoginPanelProps) {
  const hasPassword = methods.some(({ kind }) => kind === 'password');
  return (
    <Panel title="Ways to log in">
      <ul className="divide-y">
        {methods.map(({ id, kind, label, linkedAt, isRemovable }) => (
          <li key={id} className="flex items-center justify-between gap-4 py-2.5 first:pt-0">
            <div className="min-w-0">
              <p className="font-medium">{NAMES[kind]}</p>
              {kind !== 'password' && <p className="figure text-xs break-all text-muted">{label}</p>}
              {linkedAt !== null && (
                <p className="text-xs text-muted">
                  linked <Moment at={linkedAt} />
                </p>
              )}
            </div>
            {isRemovable ? (
              <Form method="post" preventScrollReset>
                <input type="hidden" name="intent" value="unlink" />
                <Button name="method" value={id} aria-label={`Remove ${NAMES[kind]} ${kind === 'password' ? '' : label}`}>
                  Remove
                </Button>
              </Form>
            ) : (
              <span className="text-xs text-muted">your only way in</span>
            )}
          </li>
        ))}
      </ul>
      <div className="mt-4 space-y-3 empty:hidden">
        <OauthLinks sites={sites} query="?link=1" label="Link" />
        <WalletButtons purpose="link" action="/settings" title="Link a wallet" />
      </div>
      <Form method="post" className="mt-5 space-y-4 border-t pt-5" preventScrollReset>
        <input type="hidden" name="intent" value="set-password" />
        {hasPassword && <Field label="Current password" name="current" type="password" autoComplete="current-password" error={errors['current']} required />}
        <Field label="New password" name="password" type="password" autoComplete="new-password" hint="All other logins end with it." error={errors['password']} required />
        <Button>{hasPassword ? 'Change the password' : 'Set a password'}</Button>
      </Form>
    </Panel>
  );
}

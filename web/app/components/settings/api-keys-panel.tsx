import { Form } from '@remix-run/react';
import type { ApiKeyView } from '#api/services/account-types';
import { SCOPES, type Scope } from '#core/identity/scopes';
import type { Wire } from '../../lib/wire.ts';
import { Button } from '../ui/button.tsx';
import { Field, SelectField } from '../ui/field.tsx';
import { Moment } from '../ui/moment.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { CopyButton } from '../ui/short-id.tsx';

interface ApiKeysPanelProps {
  readonly keys: readonly Wire<ApiKeyView>[];
  /** Just made: it is shown this once. */
  readonly newKey: string | null;
  readonly errors: Readonly<Record<string, string>>;
}

export function ApiKeysPanel({ keys, newKey, errors }: ApiKeysPanelProps) {
  return (
    <Panel title="API keys">
      {newKey !== null && (
        <Notice kind="info" title="Your new key" className="mb-4">
          <p>Copy it now: it is not shown again.</p>
          <p className="mt-2 flex items-start gap-1">
            <code data-new-key className="figure min-w-0 break-all">
              {newKey}
            </code>
            <CopyButton text={newKey} what="API key" />
          </p>
        </Notice>
      )}
      {keys.length === 0 && <p className="mb-4 text-muted">None yet. With a key, your programs log in without your password.</p>}
      <ul className="divide-y">
        {keys.map(({ keyId, name, start, scopes, lastUsedAt, expiresAt }) => (
          <li key={keyId} className="flex items-center justify-between gap-4 py-2.5 first:pt-0">
            <div className="min-w-0">
              <p className="font-medium break-words">{name}</p>
              <p className="text-xs text-muted">
                <span className="figure">{start}…</span> · {scopes.join(', ')} · {lastUsedAt === null ? 'never used' : <>used <Moment at={lastUsedAt} /></>} ·{' '}
                {expiresAt === null ? 'never expires' : <>expires <Moment at={expiresAt} /></>}
              </p>
            </div>
            <Form method="post" preventScrollReset>
              <input type="hidden" name="intent" value="revoke-key" />
              <Button name="key" value={keyId} aria-label={`Revoke the key ${name}`}>
                Revoke
              </Button>
            </Form>
          </li>
        ))}
      </ul>
      <NewKeyForm errors={errors} />
    </Panel>
  );
}

function NewKeyForm({ errors }: { errors: Readonly<Record<string, string>> }) {
  return (
    <Form method="post" className="mt-5 space-y-4 border-t pt-5" preventScrollReset>
      <input type="hidden" name="intent" value="create-key" />
      <Field label="What is the new key for?" name="name" maxLength={60} error={errors['name']} required />
      <fieldset>
        <legend className="mb-1.5 font-medium">It may</legend>
        {(Object.keys(SCOPES) as Scope[]).map((scope) => (
          <label key={scope} className="flex items-center gap-2 py-0.5">
            <input type="checkbox" name="scope" value={scope} defaultChecked={scope === 'read'} />
            {SCOPES[scope]}
          </label>
        ))}
        {errors['scopes'] !== undefined && (
          <p role="alert" className="mt-1.5 text-xs text-failed">
            {errors['scopes']}
          </p>
        )}
      </fieldset>
      <SelectField label="Expires after" name="days" defaultValue="90" error={errors['expiresInDays']}>
        <option value="7">7 days</option>
        <option value="90">90 days</option>
        <option value="365">a year</option>
        <option value="">never</option>
      </SelectField>
      <Button>Make a key</Button>
    </Form>
  );
}

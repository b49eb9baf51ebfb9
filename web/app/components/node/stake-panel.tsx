import { Form, useNavigation } from '@remix-run/react';
import type { OwnNodeView } from '#api/services/machine-types';
import { stakeOutlook } from '../../lib/money-words.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Button, LinkButton } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';

interface StakePanelProps {
  readonly node: Wire<OwnNodeView>;
  /** Sent with the form: the same form twice adds to the stake once. */
  readonly requestId: string;
  readonly amountError: string | undefined;
}

/** What is staked, what becomes of it, and the ways in and out. */
export function StakePanel({ node, requestId, amountError }: StakePanelProps) {
  const busy = useNavigation().state !== 'idle';
  return (
    <Panel title="Stake">
      <p className="text-lg">
        <Amount base={node.stakeBase} className="font-medium" />
      </p>
      <p className="mt-1 text-muted">{stakeOutlook(node)}</p>
      {node.unstaking && node.unstakeAvailableAt !== null && (
        <p className="mt-1 text-muted">
          It can be had back <Moment at={node.unstakeAvailableAt} className="font-medium text-ink" />, once its jobs have their outcome.
        </p>
      )}
      {!node.banned && (
        <>
          {!node.unstaking && (
            <Form method="post" className="mt-5 flex flex-wrap items-end gap-3">
              <input type="hidden" name="node" value={node.nodeId} />
              <input type="hidden" name="requestId" value={requestId} />
              <div className="w-full max-w-60">
                <Field label="Add to the stake" name="amount" unit="CYXWIZ" inputMode="decimal" placeholder="10" required error={amountError} />
              </div>
              <Button name="intent" value="top-up" disabled={busy}>
                Add from my wallet
              </Button>
            </Form>
          )}
          <p className="mt-5">
            <LinkButton to={`/machines/nodes/${node.nodeId}/unstake`}>{node.unstaking ? 'Unstaking: how far, and cancel' : 'Take the stake back'}</LinkButton>
          </p>
        </>
      )}
    </Panel>
  );
}

import { Link } from '@remix-run/react';
import { CircleCheck, CircleX, Info } from 'lucide-react';
import type { CancelResult } from '../../lib/cancel-jobs.server.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { LinkButton } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';

type Result = Wire<CancelResult>;

const LOOKS = {
  cancelled: { icon: CircleCheck, tint: 'tint-verified' },
  'too-late': { icon: Info, tint: 'tint-queued' },
  refused: { icon: CircleX, tint: 'tint-failed' },
} as const;

/** What became of each job, whatever became of the others. */
export function CancelResults({ results }: { results: readonly Result[] }) {
  return (
    <>
      <Panel title="What happened" flush>
        <ul className="divide-y">
          {results.map((result) => (
            <ResultRow key={result.jobId} result={result} />
          ))}
        </ul>
      </Panel>
      <div className="mt-5 flex justify-end">
        <LinkButton to="/jobs" look="primary">
          Back to the jobs
        </LinkButton>
      </div>
    </>
  );
}

function ResultRow({ result }: { result: Result }) {
  const { icon: Icon, tint } = LOOKS[result.outcome];
  return (
    <li className={`flex items-start gap-3 px-4 py-3 sm:px-5 ${tint}`}>
      <Icon className="mt-0.5 size-4.5 shrink-0 text-tint" aria-hidden="true" />
      <p className="min-w-0">
        <Link to={`/jobs/${result.jobId}`} className="figure font-medium underline decoration-line-strong underline-offset-3 hover:decoration-accent">
          {result.jobId.slice(0, 8)}
        </Link>{' '}
        <Words result={result} />
      </p>
    </li>
  );
}

function Words({ result: { outcome, refundBase, message } }: { result: Result }) {
  if (outcome !== 'cancelled') return <>was not cancelled. {message}</>;
  if (refundBase === '0') return <>is cancelled. No token of it was in an escrow.</>;
  return (
    <>
      is cancelled. <Amount base={refundBase} inline /> go back to your wallet.
    </>
  );
}

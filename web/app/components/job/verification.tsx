import type { CheckView, VerdictView } from '#api/services/job-checks';
import type { Decision } from '#core/verification/decision';
import { durationText, plural } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Draw } from './verification-draw.tsx';

type Check = Wire<CheckView>;
type Verdict = Wire<VerdictView>;

const DECISION_WORDS: Readonly<Record<Decision, string>> = {
  valid: 'Accepted: the result holds.',
  invalid: 'Refused: two verifiers found the same thing wrong.',
  open: 'No decision yet.',
  undecided: 'No decision: the verifiers found different things, so nobody is judged.',
};

interface VerificationProps {
  readonly checks: readonly Check[];
  /** The job is over, so nothing more comes. */
  readonly ended: boolean;
  readonly className?: string;
}

/** Can I trust it? What was run again, by whom, and what they found, as it is on record. */
export function Verification({ checks, ended, className = '' }: VerificationProps) {
  return (
    <Panel title="Verification" flush className={className}>
      {checks.length === 0 ? (
        <p className="px-4 py-5 text-muted sm:px-5">
          {ended
            ? 'No node delivered a result, so there was nothing to check.'
            : 'Nothing to check yet. When a node delivers its result, a verifier looks at it before the node is paid.'}
        </p>
      ) : (
        <ol className="divide-y">
          {checks.map((check) => (
            <li key={check.attempt} className="space-y-2 px-4 py-3 sm:px-5">
              <div className="flex items-baseline justify-between gap-3">
                <p className="font-medium">
                  Result of attempt <span className="figure">{check.attempt}</span>
                </p>
                <p className="text-xs text-muted">
                  delivered <Moment at={check.deliveredAt} />
                </p>
              </div>
              <Draw draw={check.draw} attempt={check.attempt} ended={ended} />
              {check.verdicts.map((verdict, index) => (
                <VerdictRow key={`${verdict.verifierId}-${verdict.at}`} verdict={verdict} opinion={index + 1} hasDraw={check.draw !== null} />
              ))}
              <p className="text-sm">{decisionOf(check, ended)}</p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function decisionOf({ decision, verdicts }: Check, ended: boolean): string {
  if (decision !== 'open') return DECISION_WORDS[decision];
  if (ended) return 'The job ended before there was a decision.';
  return verdicts.length === 0 ? 'A verifier’s opinion is waited for.' : 'Nobody is judged on one opinion: another verifier is asked.';
}

function VerdictRow({ verdict, opinion, hasDraw }: { verdict: Verdict; opinion: number; hasDraw: boolean }) {
  const { verifierId, valid, reason, at } = verdict;
  return (
    <div className="border-l-2 border-line pl-3 text-xs text-muted">
      <p className="flex flex-wrap items-center gap-x-1.5">
        Opinion {opinion}, by verifier <ShortId id={verifierId} what="verifier id" keep={6} /> <Moment at={at} />
      </p>
      <p className="text-ink">{valid ? `Valid. ${workOf(verdict, hasDraw)}` : `Not valid: ${reason}`}</p>
      {verdict.tookMs > 0 && <p>It took {durationText(verdict.tookMs)}.</p>}
    </div>
  );
}

function workOf({ segments, steps }: Verdict, hasDraw: boolean): string {
  if (segments > 0) return `It ran ${plural(segments, 'segment')} again, ${plural(steps, 'step')}, and each came out as the node had committed to.`;
  return hasDraw ? 'It checked the chain of links, the weights and the held-out data; no segment was drawn to run again.' : 'It checked the model on the held-out data.';
}

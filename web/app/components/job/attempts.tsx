import type { AttemptView } from '#api/services/types';
import { durationText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  completed: 'Completed: the result was accepted',
  timeout: 'Given up: the node did not finish',
  invalid: 'Refused: the result did not hold',
  released: 'Given back: the node stopped before the end',
};

interface AttemptsProps {
  readonly attempts: readonly Wire<AttemptView>[];
  /** The job is over, so an attempt without an outcome is too. */
  readonly ended: boolean;
  readonly className?: string;
}

/** Who worked on it, how it ended, and the fingerprint that the node committed to. */
export function Attempts({ attempts, ended, className = '' }: AttemptsProps) {
  return (
    <Panel title="Attempts" aside={<span className="text-xs text-muted">at most 4</span>} flush className={className}>
      {attempts.length === 0 ? (
        <p className="px-4 py-5 text-muted sm:px-5">{ended ? 'No node worked on it.' : 'No node has the job yet.'}</p>
      ) : (
        <ol className="divide-y">
          {attempts.map((attempt) => (
            <li key={attempt.attempt} className="px-4 py-3 sm:px-5">
              <div className="flex items-baseline justify-between gap-3">
                <p className="font-medium">
                  Attempt <span className="figure">{attempt.attempt}</span>
                </p>
                <p className="text-xs text-muted">{attempt.claimedAt === null ? 'offered' : <Moment at={attempt.claimedAt} />}</p>
              </div>
              <p className="mt-0.5 text-xs text-muted">{progressOf(attempt, ended)}</p>
              <p className="mt-1 flex flex-wrap gap-x-4 text-xs text-muted">
                {attempt.nodeId !== null && (
                  <span className="inline-flex items-center gap-1.5">
                    node <ShortId id={attempt.nodeId} what="node id" keep={6} />
                  </span>
                )}
                {attempt.commitmentHex !== null && (
                  <span className="inline-flex items-center gap-1.5">
                    commitment <ShortId id={attempt.commitmentHex} what="commitment" keep={6} />
                  </span>
                )}
              </p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function progressOf(attempt: Wire<AttemptView>, ended: boolean): string {
  if (attempt.outcome !== null) {
    const words = OUTCOME_WORDS[attempt.outcome] ?? attempt.outcome;
    const reason = attempt.outcomeReason === null || attempt.outcomeReason === '' ? '' : ` (${attempt.outcomeReason})`;
    const took = attempt.trainingMs === null ? '' : `, ${durationText(attempt.trainingMs)} of training`;
    return `${words}${reason}${took}`;
  }
  if (ended) return 'Stopped together with the job';
  if (attempt.completedAt !== null) return 'Trained; the result is being checked';
  if (attempt.startedAt !== null) return 'Training now';
  if (attempt.assignedAt !== null) return 'Assigned; fetching the data';
  return attempt.nodeId === null ? 'Waiting for a free node' : 'Claimed; being checked';
}

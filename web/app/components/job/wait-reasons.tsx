import type { WaitView } from '#api/services/job-wait';
import { durationText, plural } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';

/** Who was asked and what they said, and what is known about when a node is free. Says nothing where nothing is known. */
export function WaitReasons({ wait }: { wait: Wire<WaitView> }) {
  const { asked, refusals, firstTrainedInMs } = wait;
  if (asked === 0 && firstTrainedInMs === null) return null;
  return (
    <ul className="mt-1 space-y-0.5">
      {asked > 0 && (
        <li>
          Asked {plural(asked, 'node')}: {refusals.map(({ words, nodes }) => `${words} (${nodes})`).join(', ')}.
        </li>
      )}
      {firstTrainedInMs !== null && <li>{freeText(firstTrainedInMs)}</li>}
    </ul>
  );
}

function freeText(ms: number): string {
  if (ms === 0) return 'The first to be free has finished training; its result is being checked.';
  return `The first to be free should finish training in about ${durationText(calm(ms))}; then its result is checked.`;
}

/** As exact as an estimate is: whole minutes while there are some. */
function calm(ms: number): number {
  return ms > 90_000 ? Math.ceil(ms / 60_000) * 60_000 : Math.max(10_000, Math.ceil(ms / 10_000) * 10_000);
}

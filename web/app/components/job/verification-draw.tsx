import type { DrawView } from '#api/services/job-checks';
import { countText, percentText, plural } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';

type DrawFacts = Wire<DrawView>;

interface DrawProps {
  readonly draw: DrawFacts | null;
  readonly attempt: number;
  readonly ended: boolean;
}

const MOST_SHOWN = 8;

/** Which parts of the training were chosen to be run again, by what, and why few or none are enough. */
export function Draw({ draw, attempt, ended }: DrawProps) {
  if (draw === null) {
    return (
      <p className="text-xs text-muted">
        {ended ? 'No draw was made for it.' : 'The draw waits for a block of the chain that nobody could know when the node committed its result.'}
      </p>
    );
  }
  const { segments, rates, slot } = draw;
  if (segments.length === 0) return <NothingDrawn rates={rates} attempt={attempt} slot={slot} />;
  return (
    <div className="text-xs text-muted">
      <p className="text-sm text-ink">
        {plural(segments.length, 'segment')} of the training {segments.length === 1 ? 'was' : 'were'} drawn to be run again: {stepsOf(segments)}.
      </p>
      <p className="mt-0.5">
        {chancesOf(rates, attempt)} Decided by block <span className="figure">{slot}</span> and a secret whose hash was on chain since the node was assigned, so nobody could choose.
      </p>
    </div>
  );
}

function NothingDrawn({ rates, attempt, slot }: { rates: DrawFacts['rates']; attempt: number; slot: string }) {
  if (Object.keys(rates).length === 0) {
    return <p className="text-sm">There was nothing to draw from: the links that the node left do not lead to the result that it committed to.</p>;
  }
  return (
    <div className="text-xs text-muted">
      <p className="text-sm text-ink">No segment was drawn this time.</p>
      <p className="mt-0.5">
        {chancesOf(rates, attempt)} Block <span className="figure">{slot}</span> and a secret from before decided, and the node could know neither when it committed. That is still
        safe: the chance is never so small that a lie would pay, for a node that is found out loses its pay and a part of its stake. And every result has its chain of links, its
        weights and its accuracy on held-out data checked.
      </p>
    </div>
  );
}

function stepsOf(segments: DrawFacts['segments']): string {
  const shown = segments.slice(0, MOST_SHOWN).map(({ fromStep, toStep }) => `${countText(fromStep + 1)}–${countText(toStep)}`);
  const more = segments.length - shown.length;
  return `steps ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** One rate for each attempt whose work is in the result. */
function chancesOf(rates: DrawFacts['rates'], attempt: number): string {
  const entries = Object.entries(rates);
  const chance = (rate: number): string => percentText(rate, rate === 1 ? 0 : 1);
  if (entries.length === 1 && entries[0]![0] === String(attempt)) return `Each segment had a chance of ${chance(entries[0]![1])}.`;
  return `Each segment had a chance of ${entries.map(([of, rate]) => `${chance(rate)} where attempt ${of} made it`).join(', ')}.`;
}

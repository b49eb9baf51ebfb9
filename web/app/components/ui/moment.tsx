import { exactTimeText, relativeText } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';

/** A time, relative to now; the exact one shows on hover and is read out by screen readers. */
export function Moment({ at, className }: { at: string; className?: string }) {
  const exact = exactTimeText(at);
  return (
    <time dateTime={at} title={exact} className={className}>
      {relativeText(Date.parse(at), useNow())}
    </time>
  );
}

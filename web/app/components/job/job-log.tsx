import type { LogLine } from '../../lib/job-stream.ts';
import { clockText } from '../../lib/format.ts';
import { Panel } from '../ui/panel.tsx';

/** What the node and the workflow wrote while they worked. */
export function JobLog({ lines, className = '' }: { lines: readonly LogLine[]; className?: string }) {
  if (lines.length === 0) return null;
  return (
    <Panel title="Log" flush className={className}>
      <div tabIndex={0} role="log" aria-label="Log of the job" className="figure max-h-72 overflow-auto p-4 text-xs leading-relaxed sm:px-5">
        {lines.map(({ eventId, at, line }) => (
          <p key={eventId} className="flex gap-3">
            <span className="shrink-0 text-faint">{clockText(at)}</span>
            <span className="break-words whitespace-pre-wrap">{line}</span>
          </p>
        ))}
      </div>
    </Panel>
  );
}

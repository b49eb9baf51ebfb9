import { Link } from '@remix-run/react';

interface TransferJobProps {
  readonly jobId: string;
  /** False for a customer's job, of which a provider sees only what concerns their own money. */
  readonly canOpen: boolean;
}

/** The job that a transfer was for: a link where the reader may open it. */
export function TransferJob({ jobId, canOpen }: TransferJobProps) {
  const id = (
    <span className="figure" title={jobId}>
      {jobId.slice(0, 8)}
    </span>
  );
  if (!canOpen) return <span>a customer’s job {id}</span>;
  return (
    <Link to={`/jobs/${jobId}`} className="underline decoration-line-strong underline-offset-3 hover:text-ink">
      job {id}
    </Link>
  );
}

import { Link } from '@remix-run/react';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { shorten } from '../../lib/format.ts';

interface ShortIdProps {
  readonly id: string;
  /** What it is, for the copy button: "job id", "signature". */
  readonly what: string;
  readonly to?: string;
  readonly keep?: number;
}

/** An id short enough to read, whole when copied. */
export function ShortId({ id, what, to, keep = 4 }: ShortIdProps) {
  const text = (
    <span className="figure" title={id}>
      {shorten(id, keep)}
    </span>
  );
  return (
    <span className="inline-flex items-center gap-0.5 whitespace-nowrap">
      {to === undefined ? (
        text
      ) : (
        <Link to={to} className="underline decoration-line-strong underline-offset-3 hover:decoration-accent">
          {text}
        </Link>
      )}
      <CopyButton text={id} what={what} />
    </span>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={copied ? 'Copied' : `Copy the ${what}`}
      className="grid size-6 place-items-center rounded-sm text-faint hover:text-ink"
    >
      <Icon className="size-3.5" aria-hidden="true" />
    </button>
  );
}

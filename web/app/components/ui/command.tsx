import { CopyButton } from './short-id.tsx';

/** A command to paste, with a button that copies it. */
export function Command({ text, what = 'command' }: { text: string; what?: string }) {
  return (
    <p className="figure flex items-start justify-between gap-2 rounded-md border bg-sunken px-3 py-2 text-xs text-ink">
      <code className="min-w-0 break-all whitespace-pre-wrap">{text}</code>
      <CopyButton text={text} what={what} />
    </p>
  );
}

import clsx from 'clsx';
import { CircleAlert, Clock, Info, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export type NoticeKind = 'info' | 'waiting' | 'problem';

const KINDS: Readonly<Record<NoticeKind, { icon: LucideIcon; tint: string }>> = {
  info: { icon: Info, tint: 'tint-queued' },
  waiting: { icon: Clock, tint: 'tint-running' },
  problem: { icon: CircleAlert, tint: 'tint-failed' },
};

interface NoticeProps {
  readonly kind: NoticeKind;
  readonly title?: string;
  readonly children: ReactNode;
  readonly className?: string;
}

/** One message where it belongs. Problems are read out at once. */
export function Notice({ kind, title, children, className }: NoticeProps) {
  const { icon: Icon, tint } = KINDS[kind];
  return (
    <div
      role={kind === 'problem' ? 'alert' : undefined}
      className={clsx('flex gap-3 rounded-lg border border-tint bg-tint px-4 py-3', tint, className)}
    >
      <Icon className="mt-0.5 size-4.5 shrink-0 text-tint" aria-hidden="true" />
      <div className="min-w-0">
        {title !== undefined && <p className="font-semibold">{title}</p>}
        <div>{children}</div>
      </div>
    </div>
  );
}

import clsx from 'clsx';
import { amountText } from '../../lib/format.ts';

interface AmountProps {
  readonly base: string;
  readonly className?: string;
  /** The unit in the same size, for sentences. */
  readonly inline?: boolean;
}

/** `45.000 CYXWIZ`, always with its unit. */
export function Amount({ base, className, inline = false }: AmountProps) {
  return (
    <span className={clsx('whitespace-nowrap', className)}>
      <span className="figure">{amountText(base)}</span>
      <span className="font-sans"> </span>
      <span className={clsx('font-sans', !inline && 'text-[0.72em] font-normal text-muted')}>CYXWIZ</span>
    </span>
  );
}

import { Link, type LinkProps } from '@remix-run/react';
import clsx from 'clsx';
import { forwardRef, type ButtonHTMLAttributes } from 'react';

/** `primary`: the one thing to do on a page. `danger`: something that can not be undone. */
export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger';

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  plain: 'border border-line-strong/60 bg-raised text-ink hover:border-line-strong hover:bg-sunken',
  quiet: 'text-muted hover:bg-sunken hover:text-ink',
  danger: 'tint-failed border border-tint bg-tint text-tint hover:border-failed',
};

function buttonClass(look: ButtonLook, className?: string): string {
  return clsx(
    'inline-flex h-9 items-center justify-center gap-2 rounded-md px-3.5 text-sm font-medium whitespace-nowrap transition-colors select-none',
    'disabled:cursor-not-allowed disabled:opacity-60',
    LOOKS[look],
    className,
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
}

/** Forwards its ref: a dialog gives the focus back to the button that opened it. */
export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button({ look = 'plain', className, type = 'submit', ...rest }, ref) {
  return <button ref={ref} type={type} className={buttonClass(look, className)} {...rest} />;
});

interface LinkButtonProps extends LinkProps {
  readonly look?: ButtonLook;
}

export function LinkButton({ look = 'plain', className, ...rest }: LinkButtonProps) {
  return <Link className={buttonClass(look, className)} prefetch="intent" {...rest} />;
}

import clsx from 'clsx';
import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react';

interface Described {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** A unit that stands inside the field at its end. */
  readonly unit?: string;
}

const BOX =
  'w-full rounded-md border bg-raised px-3 text-base text-ink outline-none placeholder:text-faint sm:text-sm ' +
  'focus-visible:border-accent focus-visible:ring-2 focus-visible:ring-accent/30';

function boxClass(error: string | undefined, className?: string): string {
  return clsx(BOX, error === undefined ? 'border-line-strong/60' : 'border-failed', className);
}

interface FrameProps extends Described {
  readonly id: string;
  readonly children: ReactNode;
}

function Frame({ id, label, hint, error, unit, children }: FrameProps) {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <div className="relative">
        {children}
        {unit !== undefined && (
          <span className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-muted">{unit}</span>
        )}
      </div>
      {hint !== undefined && error === undefined && (
        <p id={`${id}-hint`} className="mt-1.5 text-xs text-muted">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="mt-1.5 text-xs text-failed" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function describe(id: string, { hint, error }: Pick<Described, 'hint' | 'error'>) {
  return {
    'aria-invalid': error !== undefined || undefined,
    'aria-describedby': error !== undefined ? `${id}-error` : hint !== undefined ? `${id}-hint` : undefined,
  };
}

export function Field(props: Described & InputHTMLAttributes<HTMLInputElement>) {
  const { label, hint, error, unit, className, ...rest } = props;
  const generatedId = useId();
  const id = rest.id ?? generatedId;
  return (
    <Frame {...{ id, label, hint, error }} {...(unit === undefined ? {} : { unit })}>
      <input {...rest} id={id} {...describe(id, props)} className={boxClass(error, clsx('h-10', className))} />
    </Frame>
  );
}

export function SelectField(props: Described & SelectHTMLAttributes<HTMLSelectElement>) {
  const { label, hint, error, unit: _unit, className, ...rest } = props;
  const generatedId = useId();
  const id = rest.id ?? generatedId;
  return (
    <Frame {...{ id, label, hint, error }}>
      <select {...rest} id={id} {...describe(id, props)} className={boxClass(error, clsx('h-10', className))} />
    </Frame>
  );
}

export function TextField(props: Described & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const { label, hint, error, unit: _unit, className, ...rest } = props;
  const generatedId = useId();
  const id = rest.id ?? generatedId;
  return (
    <Frame {...{ id, label, hint, error }}>
      <textarea {...rest} id={id} {...describe(id, props)} className={boxClass(error, clsx('py-2', className))} />
    </Frame>
  );
}

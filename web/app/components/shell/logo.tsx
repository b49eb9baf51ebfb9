/** A training curve that ends in a dot: the mark of the product. */
export function Logo() {
  return (
    <span className="flex items-center gap-2 text-base font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" className="size-7" aria-hidden="true">
        <rect width="32" height="32" rx="7" className="fill-ink" />
        <path
          d="M6 21.5c4.5 0 4.5-11 9-11s3.6 8 7.5 8c1.7 0 2.7-.9 3.5-2.2"
          fill="none"
          strokeWidth="2.6"
          strokeLinecap="round"
          className="stroke-[light-dark(#ff9552,#ae4207)]"
        />
        <circle cx="26" cy="16" r="2.4" className="fill-[light-dark(#ff9552,#ae4207)]" />
      </svg>
      CyxWiz
    </span>
  );
}

import { LinkButton } from './button.tsx';

interface PageLinksProps {
  /** Null on the first page. */
  readonly newest: string | null;
  /** Null on the last one. */
  readonly older: string | null;
}

/** The way through a list that comes page by page, the newest first. */
export function PageLinks({ newest, older }: PageLinksProps) {
  return (
    <nav aria-label="Pages" className="mt-4 flex justify-between">
      {newest === null ? <span /> : <LinkButton to={newest}>Newest</LinkButton>}
      {older !== null && <LinkButton to={older}>Older</LinkButton>}
    </nav>
  );
}

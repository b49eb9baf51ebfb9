import { FileSpreadsheet } from 'lucide-react';
import { LinkButton } from './button.tsx';

/** Saves a list as a spreadsheet. A file is no page, so the browser itself follows the link. */
export function CsvLink({ to }: { to: string }) {
  return (
    <LinkButton to={to} reloadDocument prefetch="none">
      <FileSpreadsheet className="size-4" aria-hidden="true" /> CSV
    </LinkButton>
  );
}

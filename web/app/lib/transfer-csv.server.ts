import type { Page, TransferView } from '#api/services/types';
import { csvText } from './csv.ts';
import { amountText } from './format.ts';
import { PURPOSE_WORDS } from './money-words.ts';

const PAGE_SIZE = 100;
/** So many rows are one file; whoever has more asks the API, page by page. */
const MAX_ROWS = 20_000;

type Row = TransferView & { readonly nodeId?: string };

const HEADER = ['at', 'purpose', 'reason', 'from', 'to', 'amount_cyxwiz', 'amount_base', 'job', 'node', 'signature'];

/** Every transfer of a list, the newest first, as a spreadsheet. */
export async function transfersCsv(read: (page: { pageSize: number; pageToken: string }) => Promise<Page<Row>>): Promise<string> {
  const rows: string[][] = [];
  let pageToken = '';
  do {
    const page = await read({ pageSize: PAGE_SIZE, pageToken });
    rows.push(...page.items.map(rowOf));
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && rows.length < MAX_ROWS);
  return csvText(HEADER, rows);
}

function rowOf({ at, purpose, from, to, amountBase, jobId, nodeId, signature }: Row): string[] {
  const base = amountBase.toString();
  return [at.toISOString(), purpose, PURPOSE_WORDS[purpose].why, from, to, amountText(base), base, jobId ?? '', nodeId ?? '', signature];
}

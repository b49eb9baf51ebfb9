import type { LoaderFunctionArgs } from '@remix-run/node';
import { csvResponse } from '../lib/csv.ts';
import { orErrorPage } from '../lib/errors.server.ts';
import { transfersCsv } from '../lib/transfer-csv.server.ts';
import { requireViewer } from '../lib/viewer.server.ts';

/** What one's nodes were paid and staked, as a spreadsheet. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { earnings } = context.services;
  return csvResponse('cyxwiz-earnings.csv', await orErrorPage(transfersCsv((page) => earnings.transfers(actor, page))));
}

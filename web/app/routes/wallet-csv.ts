import type { LoaderFunctionArgs } from '@remix-run/node';
import { csvResponse } from '../lib/csv.ts';
import { orErrorPage } from '../lib/errors.server.ts';
import { transfersCsv } from '../lib/transfer-csv.server.ts';
import { requireViewer } from '../lib/viewer.server.ts';

/** What moved into and out of one's wallet, as a spreadsheet. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { wallet } = context.services;
  return csvResponse('cyxwiz-wallet.csv', await orErrorPage(transfersCsv((page) => wallet.transfers(actor, page))));
}

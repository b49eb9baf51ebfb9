import type { LoaderFunctionArgs } from '@remix-run/node';
import { RECEIPT_MEDIA_TYPE, receiptFileName } from '#api/client/wire/receipt';
import { orErrorPage } from '../../lib/errors.server.ts';
import { requireViewer } from '../../lib/viewer.server.ts';

/** The receipt of an ended job, as a file: its bytes are what the platform signed. */
export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const { jobId, body } = await orErrorPage(context.services.receipts.get(actor, params.jobId ?? ''));
  return new Response(body, {
    headers: {
      'content-type': `${RECEIPT_MEDIA_TYPE}; charset=utf-8`,
      'content-disposition': `attachment; filename="${receiptFileName(jobId)}"`,
      'cache-control': 'private, no-store',
    },
  });
}

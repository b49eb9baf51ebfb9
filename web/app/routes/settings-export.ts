import type { LoaderFunctionArgs } from '@remix-run/node';
import { EXPORT_FILE_NAME, exportText } from '#api/client/wire/personal-data';
import { orErrorPage } from '../lib/errors.server.ts';
import { requireViewer } from '../lib/viewer.server.ts';

/** Everything that is stored about the viewer, as a file. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const { actor } = await requireViewer(context, request);
  const exported = await orErrorPage(context.services.personalData.export(actor, actor.userId));
  return new Response(exportText(exported), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="${EXPORT_FILE_NAME}"`,
      'cache-control': 'private, no-store',
    },
  });
}

import type { Actor, Services, TransferView } from '#api/services/types';

const PAGE_SIZE = 100;
/** A link carries the job where there is one, so this search is only for transfers outside of jobs. */
const MAX_PAGES = 10;

/**
 * The transfers of one transaction (a release has two) that this person may see: in the job that the link
 * names, or else in their own wallet's history. Empty where there is none.
 */
export async function findTransfers(services: Services, actor: Actor, signature: string, jobId: string | null): Promise<TransferView[]> {
  const isPart = (transfer: TransferView): boolean => transfer.signature === signature;
  if (jobId !== null) return (await services.jobs.get(actor, jobId)).transfers.filter(isPart);
  let pageToken = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, nextPageToken } = await services.wallet.transfers(actor, { pageSize: PAGE_SIZE, pageToken });
    const found = items.filter(isPart);
    if (found.length > 0 || nextPageToken === '') return found;
    pageToken = nextPageToken;
  }
  return [];
}

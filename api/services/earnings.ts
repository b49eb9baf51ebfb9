import { z } from 'zod';
import { MAX_ROW_ID } from '#core/input/text';
import { earningsByClass, earningsByDay, earningsByNode, nodeEntries } from '#db/postgres/earnings';
import type { ServiceDeps } from './deps.ts';
import type { EarningsServices } from './machine-types.ts';
import { decodePageToken, effectivePageSize, encodePageToken } from './page-token.ts';
import { ownTransferViews } from './wallet.ts';

const positionSchema = z.tuple([z.string().regex(/^\d{1,19}$/).transform(BigInt).refine((id) => id <= MAX_ROW_ID)]);
/** More than anybody looks at in one table; older ones are in the transfers. */
const DAYS_SHOWN = 90;
const PUBLIC_KEPT_MS = 60_000;

/** The same answer for a while; one that failed is not kept. */
function keptFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly untilMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (kept === undefined || Date.now() >= kept.untilMs) {
      const answer = read();
      kept = { untilMs: Date.now() + ms, answer };
      answer.catch(() => (kept = undefined));
    }
    return kept.answer;
  };
}

/** What a provider's nodes earned, read from the ledger. */
export function createEarnings({ postgres }: Pick<ServiceDeps, 'postgres'>): EarningsServices {
  const { db } = postgres;
  // It reads a day of the books, and everybody may ask.
  const lastDay = keptFor(PUBLIC_KEPT_MS, () => earningsByClass(db, { hours: 24 }));
  return {
    lastDayByClass: lastDay,
    byNode: (actor) => earningsByNode(db, actor.userId),
    byDay: (actor) => earningsByDay(db, { ownerId: actor.userId, days: DAYS_SHOWN }),
    transfers: async (actor, page) => {
      const limit = effectivePageSize(page.pageSize);
      const scope = `earnings/${actor.userId}`;
      const after = decodePageToken(scope, page.pageToken, positionSchema);
      const rows = await nodeEntries(db, { ownerId: actor.userId, beforeId: after === null ? undefined : after[0], limit: limit + 1 });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const shown = rows.slice(0, limit);
      const views = await ownTransferViews(db, actor, shown.map(({ entry }) => entry));
      return {
        items: views.map((view, at) => ({ ...view, nodeId: shown[at]!.nodeId })),
        nextPageToken: last === undefined ? '' : encodePageToken(scope, [last.entry.id.toString()]),
      };
    },
  };
}

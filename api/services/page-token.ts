import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import type { Position } from '#db/postgres/keyset';
import type { Page, PageRequest } from './types.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;

/** 0 means the default; more than the maximum means the maximum. */
export function effectivePageSize(pageSize: number): number {
  if (!Number.isInteger(pageSize) || pageSize < 0) throw new CyxError('INVALID_INPUT', 'The page size must be 0 or a positive whole number');
  return pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE);
}

/** A position in a list, as an opaque text. `scope` names the list and its filter: a token fits no other list. */
export function encodePageToken(scope: string, position: readonly string[]): string {
  return Buffer.from(JSON.stringify([scope, ...position])).toString('base64url');
}

/**
 * Null for the first page. Anybody can write a token, so its position is checked like any input.
 * @throws CyxError UNPROCESSABLE where the token is not one of this list.
 */
export function decodePageToken<Position>(scope: string, token: string, positionSchema: z.ZodType<Position>): Position | null {
  if (token === '') return null;
  try {
    const [tokenScope, ...position] = z.array(z.string()).parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    if (tokenScope === scope) return positionSchema.parse(position);
  } catch {
    // Falls through: whatever is wrong with the token, the answer is the same.
  }
  throw new CyxError('UNPROCESSABLE', 'The page token does not fit this list. Start again without one.', {
    fields: [{ path: 'page_token', message: 'is not a token of this list' }],
  });
}

interface PagedList<Row> {
  /** As in `encodePageToken`. */
  readonly scope: string;
  readonly idSchema: z.ZodType<string>;
  readonly read: (query: { after: Position | undefined; limit: number }) => Promise<Row[]>;
  readonly positionOf: (row: Row) => Position;
}

/** One page of a list that goes by an instant and an id. */
export async function pageByTime<Row>({ pageSize, pageToken }: PageRequest, list: PagedList<Row>): Promise<Page<Row>> {
  const limit = effectivePageSize(pageSize);
  const after = decodePageToken(list.scope, pageToken, z.tuple([z.iso.datetime(), list.idSchema]));
  // One more than is asked for tells whether there is another page.
  const rows = await list.read({ after: after === null ? undefined : { at: new Date(after[0]), id: after[1] }, limit: limit + 1 });
  const items = rows.slice(0, limit);
  if (rows.length <= limit) return { items, nextPageToken: '' };
  const last = list.positionOf(items[limit - 1]!);
  return { items, nextPageToken: encodePageToken(list.scope, [last.at.toISOString(), last.id]) };
}

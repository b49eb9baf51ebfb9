import { and, asc, desc, eq, gt, lt, or, sql, type Column, type SQL } from 'drizzle-orm';

/** Where a page of a list ended: the instant that the list goes by, and what tells rows of one instant apart. */
export interface Position {
  readonly at: Date;
  readonly id: string;
}

/** Order of a list that is read in pages, and what comes after a position of it. */
export function keyset(at: Column, id: Column, first: 'newest' | 'oldest'): { readonly order: SQL[]; after(position: Position | undefined): SQL | undefined } {
  // Positions carry milliseconds, columns microseconds: both sides are cut to the same precision.
  const atMs = sql`date_trunc('milliseconds', ${at})`;
  const [beyond, sorted] = first === 'newest' ? [lt, desc] : [gt, asc];
  return {
    order: [sorted(atMs), sorted(id)],
    after: (position) => {
      if (position === undefined) return undefined;
      const instant = position.at.toISOString();
      return or(beyond(atMs, instant), and(eq(atMs, instant), beyond(id, position.id)));
    },
  };
}

import { eq } from 'drizzle-orm';
import type { Database, NewQuoteRow, QuoteRow } from './database.ts';
import { quotes } from './schema.ts';

export async function insertQuote(db: Database, row: NewQuoteRow): Promise<QuoteRow> {
  const [stored] = await db.insert(quotes).values(row).returning();
  return stored!;
}

export async function getQuote(db: Database, quoteId: string): Promise<QuoteRow | null> {
  const [row] = await db.select().from(quotes).where(eq(quotes.id, quoteId));
  return row ?? null;
}

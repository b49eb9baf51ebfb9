import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { edgeWasUp, outageBetween, recordBeat } from './beats.ts';
import { connectPostgres, migrate, type Postgres } from './connect.ts';
import type { Database } from './database.ts';
import { platformBeats, platformOutages } from './schema.ts';

/** A moment of a day on which nobody else's outages are. */
const at = (seconds: number): Date => new Date(Date.UTC(2001, 0, 1) + seconds * 1_000);
let postgres: Postgres;
let db: Database;

beforeAll(async () => {
  postgres = connectPostgres({ url: parseConfig(inject('stackEnv')).databaseUrl, onError: () => undefined });
  db = postgres.db;
  await migrate(postgres);
});
afterAll(() => postgres.close());

describe('outages of the platform', () => {
  beforeEach(async () => {
    await db.delete(platformOutages).where(sql`${platformOutages.fromAt} < ${at(100_000)}`);
    await db.insert(platformOutages).values([
      { component: 'edge', fromAt: at(100), toAt: at(160) },
      { component: 'edge', fromAt: at(300), toAt: at(310) },
      { component: 'worker', fromAt: at(150), toAt: at(180) },
    ]);
  });

  it.each([
    ['all of them, none counted twice', 0, 1_000, 90_000],
    ['what lies between the two moments', 110, 305, 75_000],
    ['nothing of what was before or after', 180, 300, 0],
    ['all of the time where it was down all the time', 155, 170, 15_000],
  ])('count %s', async (_, from, to, ms) => {
    expect(await outageBetween(db, at(from), at(to))).toBe(ms);
  });
});

describe('a part that was silent', () => {
  const component = 'worker';
  const setLast = (secondsAgo: number): Promise<unknown> =>
    db.update(platformBeats).set({ lastAt: sql`now() - make_interval(secs => ${secondsAgo})` }).where(eq(platformBeats.component, component));
  const outages = () => db.select().from(platformOutages).where(eq(platformOutages.component, component));

  // No worker runs beside these tests.
  beforeEach(async () => {
    // The beat first: one of another file's worker may be old, and then this one notes an outage.
    await recordBeat(db, component, new Date());
    await db.delete(platformOutages).where(eq(platformOutages.component, component));
  });
  afterAll(() => db.delete(platformBeats).where(eq(platformBeats.component, component)));

  it('was down where that lasted for more than six seconds, and one outage is noted once', async () => {
    await setLast(5);
    await recordBeat(db, component, new Date());
    expect(await outages()).toEqual([]);
    await setLast(60);
    await Promise.all([recordBeat(db, component, new Date()), recordBeat(db, component, new Date())]);
    const [outage, ...others] = await outages();
    expect(others).toEqual([]);
    expect((outage!.toAt.getTime() - outage!.fromAt.getTime()) / 1_000).toBeCloseTo(60, 0);
  });

  it('counts while it still is', async () => {
    await setLast(60);
    const now = Date.now();
    expect((await outageBetween(db, new Date(now - 30_000), new Date(now))) / 1_000).toBeCloseTo(30, 0);
  });

  it('leaves the edge as it was', async () => {
    const before = await edgeWasUp(db, 0);
    await setLast(60);
    expect(await edgeWasUp(db, 0)).toBe(before);
  });
});

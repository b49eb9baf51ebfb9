import { randomUUID } from 'node:crypto';
import { isGrpcCancelledError, isGrpcDeadlineError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { createTemporalClient } from './connect.ts';

const DEADLINE_MS = 1_000;

let client: Client;
beforeAll(async () => {
  client = await createTemporalClient({ ...parseConfig(inject('stackEnv')).temporal, deadlineMs: DEADLINE_MS });
});
afterAll(() => client.connection.close());

/** Nobody polls its queue, so nothing that waits for a worker ever comes back. */
const startForNobody = () => client.workflow.start('nothing', { workflowId: `nobody-${randomUUID()}`, taskQueue: `nobody-${randomUUID()}` });

async function timed(call: Promise<unknown>): Promise<{ error: unknown; tookMs: number }> {
  const startedMs = performance.now();
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, tookMs: performance.now() - startedMs };
}

/** Where the server notices the deadline first, it calls that cancelled. */
const ranOut = (error: unknown): boolean => isGrpcDeadlineError(error) || isGrpcCancelledError(error);

it('gives up on a call for which nobody set a deadline', async () => {
  const handle = await startForNobody();
  for (const call of [() => handle.executeUpdate('anything'), () => client.withDeadline(Infinity, () => handle.query('anything'))]) {
    const { error, tookMs } = await timed(call());
    expect(ranOut(error)).toBe(true);
    expect(tookMs).toBeLessThan(5 * DEADLINE_MS);
  }
  await handle.terminate();
});

it('waits for a result longer than that, and as long as it was told to', async () => {
  const handle = await startForNobody();
  const { error, tookMs } = await timed(client.withDeadline(Date.now() + 2.5 * DEADLINE_MS, () => handle.result()));
  expect(ranOut(error)).toBe(true);
  expect(tookMs).toBeGreaterThan(2.4 * DEADLINE_MS);
  const ended = timed(handle.result());
  await new Promise((resolve) => setTimeout(resolve, 2 * DEADLINE_MS));
  await handle.terminate();
  expect((await ended).error).toMatchObject({ name: 'WorkflowFailedError' });
});

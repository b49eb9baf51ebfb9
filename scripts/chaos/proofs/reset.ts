import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { PublicKey } from '@solana/web3.js';
import { Connection } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';
import { eq } from 'drizzle-orm';
import { ledgerBalances } from '#db/postgres/ledger';
import { ledgerEntries } from '#db/postgres/schema';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { findEscrowPda } from '#programs/clients/ts/pda';
import { workflowIds } from '#temporal/contract/ids';
import { openArena, type Arena } from '../arena/arena.ts';
import { createRandom } from '../plan/random.ts';
import type { Broken } from '../report.ts';
import type { JobRecord } from '../run/record.ts';
import { checkAll, runPlain, shapeFor, type ProofOptions, type ProofReport } from './shared.ts';

const { EventType, WorkflowExecutionStatus } = proto.temporal.api.enums.v1;
const ENDS_WITHIN_MS = 120_000;
const LOOK_MS = 200;

/** Everything that a reset must leave alone. */
interface Holdings {
  readonly balances: string;
  readonly signatures: string;
  readonly rows: number;
}

/** A completed job's workflow is reset at each point that Temporal offers: no token moves. */
export async function proveReset({ seed, seconds, say }: ProofOptions): Promise<ProofReport & Readonly<Record<string, unknown>>> {
  const arena = await openArena({ users: 1, nodes: 1, random: createRandom(seed), log: say });
  const connection = await Connection.connect({ address: arena.platform.config.temporal.address });
  try {
    const record = await runPlain(arena, { number: 1, shape: shapeFor(arena, seconds, seed) }, say);
    if (record.final?.state !== 'COMPLETED') throw new Error(`The job is ${record.final?.state ?? 'unknown'}; there is no completed one to reset`);
    const before = await settled(arena, record);
    const resetter = createResetter(connection, arena.platform.config.temporal.namespace, workflowIds.job(record.jobId));
    const points = await resetter.points();
    const broken: Broken[] = [];
    const results: { eventId: number; ended: string }[] = [];
    for (const point of points) {
      const ended = await resetter.resetTo(point);
      results.push({ eventId: point.eventId, ended });
      say(`reset to event ${point.eventId}: ${ended}`);
      if (ended !== 'COMPLETED') broken.push({ invariant: 'I5', jobId: record.jobId, why: `reset to event ${point.eventId} it ended ${ended}` });
      const now = await holdings(arena, record);
      for (const name of ['balances', 'signatures', 'rows'] as const) {
        if (now[name] !== before[name]) broken.push({ invariant: 'I2', jobId: record.jobId, why: `reset to event ${point.eventId} changed the ${name}: ${before[name]} became ${now[name]}` });
      }
    }
    broken.push(...(await checkAll(arena, [record])).broken);
    return { proof: 'reset', seed, resetPoints: points.length, results, tokenMoves: broken.filter(({ invariant }) => invariant === 'I2').length, ok: broken.length === 0 && points.length > 0, broken };
  } finally {
    await connection.close();
    await arena.remove();
  }
}

async function holdings({ postgres: { db }, chain }: Arena, { user, jobId }: JobRecord): Promise<Holdings> {
  const { address } = findEscrowPda({ requester: new PublicKey(user.address), jobId: uuidToBytes(jobId) });
  const signatures = await chain.connection.getSignaturesForAddress(address);
  const balances = [...(await ledgerBalances(db))].map(([account, base]) => `${account}=${base}`).sort();
  const rows = await db.select({ id: ledgerEntries.id }).from(ledgerEntries).where(eq(ledgerEntries.jobId, jobId));
  return { balances: balances.join(), signatures: signatures.map(({ signature }) => signature).sort().join(), rows: rows.length };
}

/** Bookings follow a job's end by a moment: asked until two looks agree. */
async function settled(arena: Arena, record: JobRecord): Promise<Holdings> {
  let last = await holdings(arena, record);
  for (;;) {
    await sleep(2_000);
    const next = await holdings(arena, record);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
}

interface ResetPoint {
  /** Of the workflow task that was completed there. */
  readonly eventId: number;
  /** The run whose history has it. */
  readonly runId: string;
}

function createResetter(connection: Connection, namespace: string, workflowId: string) {
  const { workflowService } = connection;
  const describe = async (runId?: string) => workflowService.describeWorkflowExecution({ namespace, execution: { workflowId, ...(runId === undefined ? {} : { runId }) } });
  return {
    /** Every completed workflow task of the run that ended with the job. */
    points: async (): Promise<ResetPoint[]> => {
      await untilClosed(describe);
      const runId = (await describe()).workflowExecutionInfo?.execution?.runId ?? '';
      const points: ResetPoint[] = [];
      let nextPageToken: Uint8Array = new Uint8Array();
      do {
        const page = await workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId, runId }, nextPageToken });
        for (const event of page.history?.events ?? []) {
          if (event.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) points.push({ eventId: Number(event.eventId), runId });
        }
        nextPageToken = page.nextPageToken;
      } while (nextPageToken.length > 0);
      return points;
    },
    /** @returns how the new run ended. */
    resetTo: async ({ eventId, runId }: ResetPoint): Promise<string> => {
      const answer = await workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution: { workflowId, runId },
        workflowTaskFinishEventId: eventId as unknown as Long,
        reason: 'a proof that it moves no token',
        requestId: randomUUID(),
      });
      return untilClosed(() => describe(answer.runId));
    },
  };
}

type Long = NonNullable<temporal.api.workflowservice.v1.IResetWorkflowExecutionRequest['workflowTaskFinishEventId']>;

async function untilClosed(describe: () => Promise<temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse>): Promise<string> {
  for (const giveUpAtMs = performance.now() + ENDS_WITHIN_MS; ; await sleep(LOOK_MS)) {
    const status = (await describe()).workflowExecutionInfo?.status ?? WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED;
    if (status !== WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) return WorkflowExecutionStatus[status].replace('WORKFLOW_EXECUTION_STATUS_', '');
    if (performance.now() > giveUpAtMs) return 'still RUNNING';
  }
}

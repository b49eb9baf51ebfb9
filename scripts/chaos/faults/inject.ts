import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { findAttempt } from '#db/postgres/attempts';
import { findJob } from '#db/postgres/jobs';
import type { Arena } from '../arena/arena.ts';
import type { ChaosNode } from '../arena/node.ts';
import type { SmallDisk } from '../arena/small-disk.ts';
import { NODE_PARTS, nameOfTrouble, type Link, type Moment, type NodePart, type PlatformPart, type Trouble } from '../plan/trouble.ts';
import { hasEnded, shareTrained, stateOf, type JobRecord } from '../run/record.ts';
import { persistently, until } from '../run/until.ts';

export interface Injection {
  readonly arena: Arena;
  readonly record: JobRecord;
  /** The disk of the node that the job is meant for, where it has a small one. */
  readonly disk: SmallDisk | undefined;
  readonly say: (line: string) => void;
}

const MOMENT_WITHIN_MS = 350_000;
const ORDER = ['CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING'] as const;

/** Has a trouble happen to a job at its moment. It comes back when everything is up again. */
export async function inject(trouble: Trouble, injection: Injection): Promise<void> {
  const { record, say, arena } = injection;
  const strike = async (at: Moment, act: () => Promise<boolean> | boolean): Promise<void> => {
    if (await moment(at, record) && (await act())) return say(`job ${record.plan.number}: ${nameOfTrouble(trouble)}`);
    record.missed.push(nameOfTrouble(trouble));
    say(`job ${record.plan.number}: was over before ${nameOfTrouble(trouble)}`);
  };
  switch (trouble.kind) {
    case 'lie':
    case 'repeat-submit':
    case 'reordered':
      return; // part of how the job is submitted
    case 'kill':
      return isNodePart(trouble.part)
        ? strike(trouble.at, () => killAtNode(injection, trouble.part as NodePart, trouble.downMs))
        : strike(trouble.at, () => killPlatform(injection, trouble.part as PlatformPart, trouble.downMs));
    case 'node-gone':
      return strike(trouble.at, () => takeNodeAway(injection));
    case 'drain':
      return strike(trouble.at, () => drain(injection, trouble.forMs));
    case 'cut':
      return strike(trouble.at, () => cut(injection, trouble.link, trouble.forMs));
    case 'chain': {
      const { chain } = arena.platform.wires.platform;
      chain.trouble(trouble.mode);
      say(`job ${record.plan.number}: ${nameOfTrouble(trouble)} for ${trouble.forMs} ms`);
      await sleep(trouble.forMs);
      return chain.trouble(undefined);
    }
    case 'repeat-cancel':
      return strike(trouble.at, () => cancelTwice(record));
    case 'clock-jump':
      return strike(trouble.at, () => jump(arena, trouble.seconds));
    case 'full-disk':
      return strike(trouble.at, () => fillDisk(injection));
  }
}

function isNodePart(part: string): boolean {
  return NODE_PARTS.some((one) => one === part);
}

/** Waits for the moment; false where the job ended first. */
async function moment({ phase, share, delayMs }: Moment, record: JobRecord): Promise<boolean> {
  const isReached = (): boolean => {
    if (phase === 'training') return shareTrained(record) >= share;
    if (phase === 'verifying') return shareTrained(record) >= 1;
    const state = stateOf(record);
    return state !== undefined && ORDER.indexOf(state as (typeof ORDER)[number]) >= ORDER.indexOf(phase);
  };
  await until(() => isReached() || hasEnded(record), MOMENT_WITHIN_MS);
  if (hasEnded(record)) return false;
  if (phase !== 'training') await sleep(delayMs);
  return !hasEnded(record);
}

interface Holder {
  readonly node: ChaosNode;
  readonly attempt: number;
}

/** Who has the job now, as the platform has it on record; undefined between two attempts. */
export async function holderOf({ arena, record }: Pick<Injection, 'arena' | 'record'>): Promise<Holder | undefined> {
  const { db } = arena.postgres;
  const attempt = (await persistently(() => findJob(db, record.jobId), 30_000))?.attempt ?? 0;
  const row = attempt === 0 ? null : await persistently(() => findAttempt(db, { jobId: record.jobId, attempt }), 30_000);
  const node = row === null || row.closedAt !== null ? undefined : arena.nodes.get(row.nodeId ?? '');
  return node === undefined ? undefined : { node, attempt };
}

/** Ends the training as a power cut would, worker or not; notes it where a training really died. */
function killTraining(record: JobRecord, { node, attempt }: Holder): boolean {
  const died = node.killTrainer(record.jobId, attempt);
  if (died) record.kills.push({ atMs: Date.now(), nodeId: node.nodeId, attempt });
  return died;
}

async function killAtNode(injection: Injection, part: NodePart, downMs: number): Promise<boolean> {
  const holder = await holderOf(injection);
  if (holder === undefined) return false;
  const { node } = holder;
  if (part === 'trainer') return killTraining(injection.record, holder);
  const wasUp = node.killWorker();
  if (part === 'machine') killTraining(injection.record, holder);
  await sleep(downMs);
  await node.start();
  return wasUp;
}

async function takeNodeAway(injection: Injection): Promise<boolean> {
  const { arena, record, say } = injection;
  const holder = await holderOf(injection);
  if (holder === undefined) return false;
  record.lateNodes.add(holder.node.nodeId);
  holder.node.killWorker();
  killTraining(record, holder);
  // It lost its stake's worth and takes no more jobs: another provider fills its place.
  void arena.addNode().catch((error: unknown) => say(`no node in place of ${holder.node.name}: ${String(error)}`));
  return true;
}

async function drain(injection: Injection, forMs: number): Promise<boolean> {
  const holder = await holderOf(injection);
  if (holder === undefined) return false;
  await persistently(() => holder.node.setDraining(true), 60_000);
  await sleep(forMs);
  await persistently(() => holder.node.setDraining(false), 60_000);
  return true;
}

async function killPlatform({ arena: { platform } }: Injection, part: PlatformPart, downMs: number): Promise<boolean> {
  if (!platform.kill(part, downMs)) return false;
  await sleep(downMs);
  await until(() => platform.isUp(part), 60_000);
  return true;
}

async function cut(injection: Injection, link: Link, forMs: number): Promise<boolean> {
  const wires = await wiresOf(injection, link);
  for (const wire of wires) wire.cut();
  await sleep(forMs);
  for (const wire of wires) wire.mend();
  return wires.length > 0;
}

async function wiresOf(injection: Injection, link: Link): Promise<readonly { cut(): void; mend(): void }[]> {
  const { api, platform, verifier } = injection.arena.platform.wires;
  switch (link) {
    case 'node-platform': {
      const node = (await holderOf(injection))?.node;
      return node === undefined ? [] : [node.wires.http, node.wires.grpc, node.wires.gateway];
    }
    case 'node-storage': {
      const node = (await holderOf(injection))?.node;
      return node === undefined ? [] : [node.wires.storage];
    }
    case 'platform-temporal':
      return [platform.temporal];
    case 'platform-postgres':
      return [platform.postgres];
    case 'platform-localnet':
      return [platform.chain];
    case 'api-temporal':
      return [api.temporal];
    case 'api-postgres':
      return [api.postgres];
    case 'verifier-storage':
      return [verifier.storage];
    case 'verifier-postgres':
      return [verifier.postgres];
  }
}

/** Both at once, then once more: whichever comes first counts, and the others change nothing. */
async function cancelTwice(record: JobRecord): Promise<boolean> {
  const { client } = record.user;
  const cancel = (): Promise<unknown> => persistently(() => client.cancel(record.jobId), 60_000);
  const answers = await Promise.allSettled([cancel(), cancel()]);
  await cancel().catch(() => undefined);
  return answers.some(({ status }) => status === 'fulfilled');
}

async function jump({ platform }: Arena, seconds: number): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'cyxwizWarpClock', params: [{ seconds }] });
  const answer = await fetch(platform.config.solanaRpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { error } = (await answer.json()) as { error?: { message: string } };
  if (error !== undefined) throw new CyxError('INTERNAL', `The chain's clock does not jump: ${error.message}`);
  return true;
}

/** Full until the attempt there is over or some time has passed; then there is room again. */
async function fillDisk(injection: Injection): Promise<boolean> {
  const { record, disk } = injection;
  if (disk === undefined || (await holderOf(injection)) === undefined) return false;
  disk.fill();
  await until(() => hasEnded(record), 20_000);
  disk.free();
  return true;
}

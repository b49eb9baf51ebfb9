import type { z } from 'zod';
import { httpCall, type HttpTarget } from './http-call.ts';
import type { NodeCalls, NodeEarnings, NodeStatus, OwnNode, Slash, Unstaking } from './node-types.ts';
import { drainingJson, nodeEarningsJson, ownNodesJson, ownNodeStatusJson, pausedJson, slashesJson, topUpJson, unstakingJson, type ownNodeJson, type slashJson } from './wire/own-node.ts';

/** A provider's calls about their nodes. With a machine's API key for a token, those that move no tokens. */
export function createOwnNodes(target: HttpTarget): NodeCalls {
  const path = (nodeId: string, rest: string): string => `/api/nodes/${encodeURIComponent(nodeId)}/${rest}`;
  return {
    listMine: async () => (await httpCall(target, { method: 'GET', path: '/api/nodes/mine' }, ownNodesJson)).nodes.map(ownNodeFromWire),
    status: async (nodeId) => statusFromWire(await httpCall(target, { method: 'GET', path: path(nodeId, 'status') }, ownNodeStatusJson)),
    setDraining: async (nodeId, draining) => void (await httpCall(target, { method: 'PUT', path: path(nodeId, 'draining'), body: { draining } }, drainingJson)),
    setPaused: async (nodeId, paused) => void (await httpCall(target, { method: 'PUT', path: path(nodeId, 'paused'), body: { paused } }, pausedJson)),
    earnings: async (nodeId) => earningsFromWire(await httpCall(target, { method: 'GET', path: path(nodeId, 'earnings') }, nodeEarningsJson)),
    slashes: async (nodeId) => (await httpCall(target, { method: 'GET', path: path(nodeId, 'slashes') }, slashesJson)).slashes.map(slashFromWire),
    beginUnstaking: async (nodeId) => unstakingFromWire(await httpCall(target, { method: 'POST', path: path(nodeId, 'unstaking'), ...WAITS_FOR_THE_CHAIN }, unstakingJson)),
    cancelUnstaking: async (nodeId) => unstakingFromWire(await httpCall(target, { method: 'DELETE', path: path(nodeId, 'unstaking'), ...WAITS_FOR_THE_CHAIN }, unstakingJson)),
    topUpStake: async (nodeId, { requestId, amountBase }) => {
      const body = { request_id: requestId, amount_base: amountBase.toString() };
      const added = await httpCall(target, { method: 'POST', path: path(nodeId, 'top-ups'), body, ...WAITS_FOR_THE_CHAIN }, topUpJson);
      return { nodeId: added.node_id, amountBase: BigInt(added.amount_base), stakeBase: BigInt(added.stake_base), signature: added.signature };
    },
  };
}

/** The platform itself waits for a minute before it says that it is to be asked again. */
const WAITS_FOR_THE_CHAIN = { timeoutMs: 75_000 } as const;

function ownNodeFromWire(json: z.output<typeof ownNodeJson>): OwnNode {
  return {
    nodeId: json.node_id,
    account: json.account,
    deviceClass: json.device_class,
    deviceName: json.device_name,
    memoryMb: json.memory_mb,
    state: json.state as OwnNode['state'],
    pricePerHourBase: BigInt(json.price_per_hour_base),
    stakeBase: BigInt(json.stake_base),
    samplesPerSecond: json.samples_per_second,
    totalJobs: json.total_jobs,
    successful: json.successful,
    avgTimeMs: json.avg_time_ms,
    lastSeenAt: dateOf(json.last_seen),
    machineId: json.machine_id,
    paused: json.paused,
    draining: json.draining,
    maintenance: json.maintenance,
    unstaking: json.unstaking,
    unstakeAvailableAt: dateOf(json.unstake_available_at),
    banned: json.banned,
    capability: json.capability,
    isVerifiable: json.is_verifiable,
  };
}

function statusFromWire(json: z.output<typeof ownNodeStatusJson>): NodeStatus {
  return { ...ownNodeFromWire(json), jobs: json.jobs.map(({ job_id: jobId, attempt }) => ({ jobId, attempt })) };
}

function earningsFromWire(json: z.output<typeof nodeEarningsJson>): NodeEarnings {
  const { node_id: nodeId } = json;
  return {
    nodeId,
    paidJobs: json.paid_jobs,
    amountBase: BigInt(json.amount_base),
    days: json.days.map(({ day, paid_jobs: paidJobs, amount_base: amount }) => ({ nodeId, day, paidJobs, amountBase: BigInt(amount) })),
  };
}

function slashFromWire({ at, job_id: jobId, amount_base: amount, evidence_sha256: evidenceHashHex, ...slash }: z.output<typeof slashJson>): Slash {
  return { ...slash, at: new Date(at), jobId, amountBase: BigInt(amount), evidenceHashHex };
}

function unstakingFromWire(json: z.output<typeof unstakingJson>): Unstaking {
  const { node_id: nodeId, step, stake_base: stake, available_at: availableAt, open_jobs: openJobs } = json;
  return { nodeId, step, stakeBase: BigInt(stake), availableAt: dateOf(availableAt), openJobs };
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

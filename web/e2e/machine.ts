import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Postgres } from '#db/postgres/connect';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { upsertNode } from '#db/postgres/nodes';
import { clientOf, stackConfig, type Person } from './platform.ts';

const HARDWARE = {
  cpus: [{ name: 'EPYC 7543', cores: 32, threads: 64 }],
  gpus: [{ device_id: 0, name: 'RTX 4090', vram_mb: 24_564, cuda_version: '12.4' }],
  ram_total_mb: 65_536,
};

export interface RegisteredMachine {
  readonly machineId: string;
  readonly nodeId: string;
  /** Says that the machine is there; returns the status that the platform answers with. */
  beat(): Promise<string | undefined>;
}

/** Registers the machine `garage-1` as its Server Node would, with one node for its RTX 4090. */
export async function registerMachine(person: Person, { db }: Postgres): Promise<RegisteredMachine> {
  const base = stackConfig().publicUrls.web;
  const send = async (path: string, body: object, bearer?: string): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) };
    const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, path).toBe(true);
    return (await answer.json()) as Record<string, string>;
  };
  const client = await clientOf(person);
  const { id: ownerId } = await client.auth.me();
  client.close();
  const { token } = await send('/api/auth/login', { login: person.username, password: person.password });
  const { machine_id: machineId = '', api_key: key } = await send('/api/machines/register', { owner_id: ownerId, hostname: 'garage-1', os: 'Debian 12', hardware: HARDWARE }, token);
  const nodeId = randomUUID();
  await upsertNode(db, { id: nodeId, ownerId, machineId, ownerAddress: `owner-${nodeId}`, deviceClass: 'cuda.24g', deviceName: 'RTX 4090 #0', measured: measuredAs('cuda.24g'), state: 'ACTIVE', pricePerHourBase: 300_000_000_000n });
  return { machineId, nodeId, beat: async () => (await send(`/api/machines/${machineId}/heartbeat`, {}, key))['status'] };
}

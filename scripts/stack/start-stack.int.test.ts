import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig, type Config } from '#core/config/config';
import { freePortsEnv } from './free-ports.ts';
import { identityOf } from './process-identity.ts';
import { runRecordNames } from './run-files.ts';
import type { ServiceName } from './service.ts';
import { startStack, type Stack } from './start-stack.ts';

let folder: string;
let env: Record<string, string>;
let config: Config;
let lines: string[];
const stacks: Stack[] = [];
const processes: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cyxwiz-stack-'));
  chmodSync(folder, 0o755);
  env = { ...(await freePortsEnv()), CYXWIZ_HOME: join(folder, 'home') };
  config = parseConfig(env);
  lines = [];
});

afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  for (const stack of stacks.splice(0)) await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(...only: ServiceName[]): Promise<Stack> {
  const stack = await startStack({ config, only, log: (line) => lines.push(line) });
  stacks.push(stack);
  return stack;
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: config.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<T>(attempt: () => Promise<T>, timeoutMs = 30_000): Promise<T> {
  for (const deadline = performance.now() + timeoutMs; ; await sleep(100)) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

describe('startStack', () => {
  it('keeps what was written over stop and start, and leaves nothing running', async () => {
    const first = await start('postgres', 'mongo');
    await query('create table kept (x int); insert into kept values (7)');
    const mongo = await MongoClient.connect(config.mongodbUri);
    await mongo.db().collection('kept').insertOne({ x: 7 });
    await mongo.close();
    const pids = [...first.services.values()].map((service) => service.pid() ?? 0);
    await first.stop();
    expect(pids.map((pid) => identityOf(pid))).toEqual([undefined, undefined]);
    expect(runRecordNames(join(config.home, 'run'))).toEqual([]);

    await start('postgres', 'mongo');
    expect(await query('select x from kept')).toEqual([{ x: 7 }]);
    const again = await MongoClient.connect(config.mongodbUri);
    expect(await again.db().collection('kept').countDocuments({ x: 7 })).toBe(1);
    await again.close();
  });

  it.each(['postgres', 'mongo', 'temporal'] as const)('starts %s again after kill -9', async (name) => {
    const stack = await start(name);
    const service = stack.services.get(name);
    const firstPid = service?.pid();
    process.kill(firstPid ?? 0, 'SIGKILL');
    await eventually(async () => {
      expect(service?.restarts()).toBeGreaterThan(0);
      expect(service?.pid()).toBeDefined();
      return Promise.resolve();
    });
    expect(service?.pid()).not.toBe(firstPid);
    if (name === 'postgres') expect(await query('select 1 as one')).toEqual([{ one: 1 }]);
    expect(lines.join('\n')).toContain(`${name}: it was ended by SIGKILL; starting it again`);
  });

  it('keeps acknowledged rows when PostgreSQL is killed', async () => {
    const stack = await start('postgres');
    await query('create table ack (x int)');
    for (let x = 0; x < 20; x++) await query(`insert into ack values (${x})`);
    process.kill(stack.services.get('postgres')?.pid() ?? 0, 'SIGKILL');
    const rows = await eventually(() => query('select count(*)::int as n from ack'));
    expect(rows).toEqual([{ n: 20 }]);
  });

  it('ends what a killed stack left running, then starts from its data', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/stack/fixtures/stack-process.ts', 'postgres', 'mongo', 'temporal'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const pids = Object.values(JSON.parse(line.toString()) as Record<string, number>);
    await query('create table kept (x int); insert into kept values (7)');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(pids.every((pid) => identityOf(pid) !== undefined)).toBe(true);

    await start('postgres', 'mongo', 'temporal');
    expect(pids.map((pid) => identityOf(pid))).toEqual([undefined, undefined, undefined]);
    expect(lines.filter((text) => text.includes('left over from a stack that was killed'))).toHaveLength(3);
    expect(await query('select x from kept')).toEqual([{ x: 7 }]);
  });

  it('refuses a second stack on the same home while the first lives', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/stack/fixtures/stack-process.ts', 'mongo'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await expect(start('mongo')).rejects.toMatchObject({ code: 'STATE_CONFLICT', message: expect.stringContaining(`process ${child.pid}`) });
    expect(identityOf((JSON.parse(line.toString()) as { mongo: number }).mongo)).toBeDefined();
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('names a taken port before anything is started', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(config.ports.mongo, '127.0.0.1', resolve));
    try {
      await expect(start('postgres', 'mongo')).rejects.toThrow(`port ${config.ports.mongo} (MongoDB) is taken`);
      expect(lines).toEqual([]);
      expect(runRecordNames(join(config.home, 'run'))).toEqual([]);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('can be stopped while a service is being started again', async () => {
    const stack = await start('temporal');
    for (const waitMs of [0, 300, 600]) {
      const pid = stack.services.get('temporal')?.pid();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await sleep(waitMs);
    }
    await stack.stop();
    expect(runRecordNames(join(config.home, 'run'))).toEqual([]);
    expect(stack.services.get('temporal')?.pid() === undefined || identityOf(stack.services.get('temporal')?.pid() ?? 0) === undefined).toBe(true);
  });

  it('ends its services although somebody removed its folder of records', async () => {
    const stack = await start('temporal');
    const pid = stack.services.get('temporal')?.pid() ?? 0;
    rmSync(join(config.home, 'run'), { recursive: true });
    await stack.stop();
    expect(identityOf(pid)).toBeUndefined();
  });

  it('can be stopped while it starts, and leaves nothing running', async () => {
    const controller = new AbortController();
    const starting = startStack({ config, only: ['postgres', 'temporal'], log: () => undefined, signal: controller.signal });
    const settled = expect(starting).rejects.toThrow('stopped while it started');
    await sleep(50);
    controller.abort();
    await settled;
    expect(runRecordNames(join(config.home, 'run'))).toEqual([]);
  });
});

describe('the embedded Temporal server', () => {
  it('knows our search attributes and keeps histories for 90 days, also after a restart', async () => {
    const { Connection } = await import('@temporalio/client');
    for (let round = 0; round < 2; round++) {
      const stack = await start('temporal');
      const connection = await Connection.connect({ address: config.temporal.address });
      const { config: namespace } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(namespace?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 24 * 3600);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(['JobState', 'UserId', 'DeviceClass', 'NodeId']));
      await connection.close();
      await stack.stop();
    }
  });
});

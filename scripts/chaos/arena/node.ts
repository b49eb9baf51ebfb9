import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readJson } from '#activities/node/json-file';
import { readNodeConfig } from '#activities/node/node-config';
import { createPlatformClient } from '#activities/node/platform-client';
import { configFile } from '#activities/node/provision';
import { processSchema, RUN_FILES, runDirectory } from '#activities/node/run-dir';
import { processMark } from '#engine/node/process-mark';
import { reportedError } from '#api/client/grpc-call';
import type { Config } from '#core/config/config';
import { openLog, readLinesFrom } from '../../stack/log-file.ts';
import { readyFacts } from '../../stack/readiness.ts';
import { removeRunRecord, writeRunRecord } from '../../stack/run-files.ts';
import type { NodeOrder } from '../node/contract.ts';
import type { Lie } from '../plan/trouble.ts';
import { killNow } from './processes.ts';
import { startWire, type Wire } from './wire.ts';

const READY_WITHIN_MS = 120_000;
const LOOK_MS = 50;
const RESTART_MS = 1_000;
const SCRIPT = fileURLToPath(new URL('../node/process.ts', import.meta.url));

/** One provider's machine: its worker process, its trainings and its ways to the platform. */
export interface ChaosNode {
  readonly name: string;
  readonly lie: Lie | null;
  readonly nodeId: string;
  readonly runsDir: string;
  readonly wires: { readonly http: Wire; readonly grpc: Wire; readonly gateway: Wire; readonly storage: Wire };
  /** Where an attempt's files are. */
  runDir(jobId: string, attempt: number): string;
  /** Undefined where no training process of that attempt lives. */
  trainerPid(jobId: string, attempt: number): number | undefined;
  /** `kill -9` of the worker; it stays down until `start`. */
  killWorker(): boolean;
  killTrainer(jobId: string, attempt: number): boolean;
  start(): Promise<void>;
  /** As its owner says it, with the machine's own key. */
  setDraining(draining: boolean): Promise<void>;
  remove(): Promise<void>;
}

export interface NodeOptions {
  readonly name: string;
  readonly lie: Lie | null;
  readonly config: Config;
  readonly samplesPerSecond: number;
  readonly stashFile: string;
  readonly reservationsFile: string;
  readonly minFreeDiskBytes?: number;
  readonly log: (line: string) => void;
}

const THREADS = 1;

/** Starts a node as another owner's machine: account, machine, stake and registration go through the real API. */
export async function startChaosNode(options: NodeOptions): Promise<ChaosNode> {
  const { name, lie, config, stashFile, reservationsFile, samplesPerSecond, minFreeDiskBytes = 1 } = options;
  const nodeDir = join(config.home, 'nodes', name);
  mkdirSync(nodeDir, { recursive: true });
  const { ports } = config;
  const [http, grpc, gateway, storage] = await Promise.all([startWire(ports.http), startWire(ports.grpc), startWire(ports.gateway), startWire(ports.storage)]);
  const urls = {
    apiUrl: `http://127.0.0.1:${http.port}`,
    grpcUrl: `127.0.0.1:${grpc.port}`,
    gatewayUrl: `127.0.0.1:${gateway.port}`,
    storageUrl: `http://127.0.0.1:${storage.port}`,
    namespace: config.temporal.namespace,
  };
  const order: NodeOrder = { name, nodeDir, urls, lie, stashFile, reservationsFile, threads: THREADS, samplesPerSecond, minFreeDiskBytes };
  const orderFile = join(nodeDir, 'order.json');
  writeFileSync(orderFile, JSON.stringify(order));
  const worker = createWorker(options, orderFile);
  const facts = await worker.start();
  const runsDir = String(facts['workDir']);
  const trainerPid = (jobId: string, attempt: number): number | undefined => {
    const record = readJson(join(runDirectory(runsDir, { jobId, attempt }), RUN_FILES.process), processSchema);
    return record !== undefined && processMark(record.pid) === record.mark ? record.pid : undefined;
  };
  return {
    name,
    lie,
    nodeId: String(facts['nodeId']),
    runsDir,
    wires: { http, grpc, gateway, storage },
    runDir: (jobId, attempt) => runDirectory(runsDir, { jobId, attempt }),
    trainerPid,
    killWorker: worker.kill,
    killTrainer: (jobId, attempt) => {
      const pid = trainerPid(jobId, attempt);
      return pid !== undefined && killNow(pid);
    },
    start: async () => void (await worker.start()),
    setDraining: async (draining) => {
      const { apiKey, nodeId } = readNodeConfig(configFile(nodeDir))!;
      const client = createPlatformClient({ grpcUrl: urls.grpcUrl, reportedError });
      await client.machine.drainNode(apiKey, nodeId, draining).finally(() => client.close());
    },
    remove: async () => {
      await worker.end();
      await Promise.all([http, grpc, gateway, storage].map((wire) => wire.close()));
    },
  };
}

interface Worker {
  start(): Promise<Readonly<Record<string, unknown>>>;
  kill(): boolean;
  end(): Promise<void>;
}

function spawnWorker({ home }: Config, name: string, orderFile: string) {
  const logFile = openLog(join(home, 'logs'), name);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const started = spawn(process.execPath, ['--enable-source-maps', '--import', loader, SCRIPT, orderFile], {
    // Nothing of the platform's environment: a provider's machine knows its edges only.
    env: Object.fromEntries(['PATH', 'HOME'].map((variable) => [variable, process.env[variable]])) as NodeJS.ProcessEnv,
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  });
  logFile.close();
  if (started.pid !== undefined) writeRunRecord(join(home, 'run'), { name, pid: started.pid, command: SCRIPT, stopSignal: 'SIGTERM' });
  return { started, logFile };
}

async function factsOnceReady(log: ReturnType<typeof openLog>, name: string, hasEnded: () => boolean): Promise<Readonly<Record<string, unknown>>> {
  let offset = log.startOffset;
  for (const giveUpAtMs = performance.now() + READY_WITHIN_MS; ; await sleep(LOOK_MS)) {
    const { lines, nextOffset } = readLinesFrom(log.path, offset);
    offset = nextOffset;
    const facts = lines.map((line) => readyFacts(line, name)).find((found) => found !== undefined);
    if (facts !== undefined) return facts;
    if (hasEnded()) throw new Error(`${name} did not start; its log: ${log.path}`);
    if (performance.now() > giveUpAtMs) throw new Error(`${name} was not ready in time; its log: ${log.path}`);
  }
}

/** Keeps the process running, as a provider's system would, except after `kill` and `end`. */
function createWorker({ name, config, log }: NodeOptions, orderFile: string): Worker {
  const runDir = join(config.home, 'run');
  let child: ChildProcess | undefined;
  let wanted = false;

  /** Starts it until it runs: the platform that it registers with may be down just now. */
  const bringUp = async (): Promise<Readonly<Record<string, unknown>>> => {
    for (const giveUpAtMs = performance.now() + READY_WITHIN_MS; ; await sleep(RESTART_MS)) {
      try {
        return await launch();
      } catch (error) {
        if (!wanted || performance.now() > giveUpAtMs) throw error;
        log(`${name}: did not start; once more`);
      }
    }
  };
  const launch = async (): Promise<Readonly<Record<string, unknown>>> => {
    const { started, logFile } = spawnWorker(config, name, orderFile);
    child = started;
    let ended = false;
    let wasReady = false;
    started.once('exit', (code) => {
      ended = true;
      if (child === started) child = undefined;
      if (!wanted || !wasReady) return;
      log(`${name}: ended by itself (${code}); starting it again`);
      setTimeout(() => wanted && child === undefined && void bringUp().catch((error: unknown) => log(`${name}: ${String(error)}`)), RESTART_MS);
    });
    const facts = await factsOnceReady(logFile, name, () => ended);
    wasReady = true;
    return facts;
  };
  return {
    start: async () => {
      if (child !== undefined) return {};
      wanted = true;
      return bringUp();
    },
    kill: () => {
      wanted = false;
      return child?.pid !== undefined && killNow(child.pid);
    },
    end: async () => {
      wanted = false;
      const ending = child;
      if (ending?.pid !== undefined) {
        ending.kill('SIGTERM');
        for (const giveUpAtMs = performance.now() + 8_000; child === ending && performance.now() < giveUpAtMs; ) await sleep(LOOK_MS);
        if (child === ending) killNow(ending.pid);
      }
      removeRunRecord(runDir, name);
    },
  };
}

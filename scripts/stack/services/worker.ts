import { join } from 'node:path';
import type { PortName } from '#core/config/ports';
import type { ServiceName, ServiceSpec, Surroundings } from '../service.ts';

interface WorkerPlan {
  /** File in `workers/`, where it is not the service's name. */
  readonly entry?: string;
  readonly ports: readonly PortName[];
  readonly after: readonly ServiceName[];
  /** Variables which that process has no business to know. */
  readonly withheld?: readonly string[];
  /** Variables that only the embedded stack sets. */
  readonly given?: Readonly<Record<string, string>>;
}

const BASE: readonly ServiceName[] = ['postgres', 'mongo', 'temporal', 'localnet', 'storage'];

/** Our own processes. `api` comes before the workers because it brings the databases up to date. */
const WORKERS = {
  localnet: { ports: ['solanaRpc', 'solanaWs'], after: [] },
  storage: { ports: ['storage'], after: [] },
  api: { ports: ['http', 'grpc', 'gateway'], after: BASE },
  platform: { ports: [], after: ['api'] },
  // Two of them, since a bad verdict has to be confirmed by another verifier.
  verifier: { ports: [], after: ['api'], given: { CYXWIZ_VERIFIER_ID: 'verifier' } },
  'verifier-2': { entry: 'verifier', ports: [], after: ['api'], given: { CYXWIZ_VERIFIER_ID: 'verifier-2' } },
  // A provider's machine: it talks to the gateway, the storage and the chain, and to nothing behind them.
  node: {
    ports: [],
    after: ['api', 'platform'],
    withheld: ['DATABASE_URL', 'MONGODB_URI', 'TEMPORAL_ADDRESS', 'TEMPORAL_API_KEY'],
    // It makes its own account, stake and registration on its first start. It works for the owner of the whole stack, also in
    // a container where no user can take a network away: then it says at each start that trainings have one.
    given: { CYXWIZ_NODE_AUTO: '1', CYXWIZ_NODE_ALLOW_NETWORK: '1' },
  },
} as const satisfies Partial<Record<ServiceName, WorkerPlan>>;

type WorkerName = keyof typeof WORKERS;

/** One process of ours: a file of `workers/`, run by tsx without a build. */
export function workerSpec(name: WorkerName, { root, env }: Surroundings): ServiceSpec {
  const plan: WorkerPlan = WORKERS[name];
  const withheld = Object.fromEntries((plan.withheld ?? []).map((variable) => [variable, undefined]));
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', '--import', 'tsx', join(root, 'workers', `${plan.entry ?? name}.ts`)],
    cwd: root,
    env: { ...env, ...plan.given, ...withheld },
    ports: plan.ports,
    after: plan.after,
    readiness: { kind: 'readyLine' },
    readyTimeoutMs: 120_000,
    startRetryMs: 0,
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
  };
}

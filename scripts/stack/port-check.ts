import { createServer } from 'node:net';
import { CyxError } from '#core/errors/cyx-error';
import type { Config } from '#core/config/config';
import { portVariables, type PortName } from '#core/config/ports';

/** What a person calls the thing that listens there. */
const LABELS: Readonly<Record<PortName, string>> = {
  http: 'web and HTTP API',
  grpc: 'gRPC',
  gateway: 'gateway for providers',
  temporal: 'Temporal',
  temporalUi: 'Temporal Web UI',
  solanaRpc: 'Solana RPC',
  solanaWs: 'Solana WebSocket',
  storage: 'CyxCloud storage',
  postgres: 'PostgreSQL',
  mongo: 'MongoDB',
};

/** Whether a listener can be opened there right now. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** @throws CyxError STATE_CONFLICT that names every taken port and the variable that changes it. */
export async function assertPortsFree(config: Config, names: readonly PortName[]): Promise<void> {
  const taken: PortName[] = [];
  for (const name of names) {
    const host = ['postgres', 'mongo', 'temporal', 'temporalUi'].includes(name) ? '127.0.0.1' : config.host;
    if (!(await isPortFree(config.ports[name], host))) taken.push(name);
  }
  if (taken.length === 0) return;
  const lines = taken.map(
    (name) => `port ${config.ports[name]} (${LABELS[name]}) is taken by another program: stop that program, or set ${portVariables[name].variable} to a free port`,
  );
  throw new CyxError('STATE_CONFLICT', `Can not start: ${lines.join('; ')}.`, {
    fields: taken.map((name) => ({ path: portVariables[name].variable, message: `port ${config.ports[name]} is taken` })),
  });
}

import { DefaultLogger, NativeConnection, Runtime, makeTelemetryFilterString } from '@temporalio/worker';

/** Temporal says errors only, and leaves signals to the bench. Call before any worker is made. */
export function quietRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
}

/** The temporary stack's server is on this machine and in the clear. */
export const connectDirectly = (address: string): Promise<NativeConnection> => NativeConnection.connect({ address });

import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { CyxError } from '#core/errors/cyx-error';

/** The platform's worker as a deployment of Temporal: its versions are builds of the workflows. */
export const PLATFORM_DEPLOYMENT = 'cyxwiz-platform';

const GIVE_UP_AFTER_MS = 30_000;
const CALL_TIMEOUT_MS = 5_000;
const RETRY_MS = 250;
/** gRPC codes of a server that is not ready yet: cancelled, unknown, deadline, exhausted, aborted, internal, unavailable. */
const NOT_NOW = new Set([1, 2, 4, 8, 10, 13, 14]);

type WorkflowService = Pick<Connection['workflowService'], 'setWorkerDeploymentCurrentVersion'>;

/** What a client's connection and a worker's have in common. */
export interface DeploymentConnection {
  readonly workflowService: WorkflowService;
  withDeadline<T>(deadline: number, run: () => Promise<T>): Promise<T>;
}

export interface CurrentVersion {
  readonly namespace: string;
  readonly buildId: string;
}

/**
 * From now on new workflows and the next steps of open ones go to this build: open ones are moved because workflows here
 * upgrade by themselves, and stay right because changes to them are patched. Saying it again changes nothing, so each start
 * of a worker may. No worker of the build needs to poll yet.
 * @throws CyxError UNAVAILABLE where the server does not take it, within half a minute.
 */
export async function makeCurrentVersion(connection: DeploymentConnection, { namespace, buildId }: CurrentVersion, giveUpAfterMs = GIVE_UP_AFTER_MS): Promise<void> {
  const request = { namespace, deploymentName: PLATFORM_DEPLOYMENT, buildId, identity: PLATFORM_DEPLOYMENT, allowNoPollers: true, ignoreMissingTaskQueues: true };
  for (const giveUpAtMs = performance.now() + giveUpAfterMs; ; await delay(RETRY_MS)) {
    try {
      await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => connection.workflowService.setWorkerDeploymentCurrentVersion(request));
      return;
    } catch (cause) {
      const mayPass = isGrpcServiceError(cause) && NOT_NOW.has(cause.code);
      if (mayPass && performance.now() < giveUpAtMs) continue;
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new CyxError('UNAVAILABLE', `The Temporal server did not make build ${buildId} of the workflows the current one (${said}). If it knows no worker deployments, set CYXWIZ_WORKER_VERSIONING=false.`, { cause });
    }
  }
}

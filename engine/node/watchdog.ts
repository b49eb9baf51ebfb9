import { Worker } from 'node:worker_threads';

export interface WatchdogOrders {
  /** Where the failure is written before the process ends. */
  readonly resultFile: string;
  readonly memoryBytes: number;
  readonly deadlineAtMs?: number | undefined;
  readonly batchSize: number;
}

/**
 * Starts a thread that ends this process by SIGKILL, with a failure written first, where it takes more memory or time
 * than it may. Native operations block the main thread for as long as a step takes, so nothing there could.
 */
export function startWatchdog(orders: WatchdogOrders): void {
  new Worker(new URL('./watchdog-thread.mjs', import.meta.url), { workerData: orders, env: {}, execArgv: [] }).unref();
}

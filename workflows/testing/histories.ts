import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HistoryAndWorkflowId, WorkflowHandle } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

const FOLDER = fileURLToPath(new URL('../histories/', import.meta.url));
const nothing = (): void => undefined;
const QUIET = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Bundles as the platform's worker does. `entry` defaults to every workflow of the platform. */
export function bundleWorkflows(entry: URL = new URL('../index.ts', import.meta.url)): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath: fileURLToPath(entry), logger: QUIET });
}

/**
 * Writes what a workflow did to `<path>.json`, where the run was started with `CYXWIZ_RECORD_HISTORIES=1`; otherwise
 * does nothing. What only says on which machine it happened is left out.
 */
export async function keepHistory(handle: WorkflowHandle, path: string): Promise<void> {
  if (process.env['CYXWIZ_RECORD_HISTORIES'] !== '1') return;
  const history = JSON.parse(historyToJSON(await handle.fetchHistory()), withoutMachine) as unknown;
  const file = join(FOLDER, `${path}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(history, null, 1)}\n`);
}

function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  return key === 'stackTrace' ? '' : value;
}

/** A committed history; `name` is its file without the ending, `training-job/completed`. */
export interface NamedHistory extends HistoryAndWorkflowId {
  readonly name: string;
}

/** Every history that is committed, in the order of names. */
export function readHistories(): NamedHistory[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
    .map(readHistory);
}

export function readHistory(name: string): NamedHistory {
  const history = historyFromJSON(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')));
  const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  return { name, history, workflowId: workflowId || name };
}

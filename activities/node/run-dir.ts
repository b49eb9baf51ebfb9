import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CHILD_FILES } from '#engine/node/child-contract';
import { readJson } from './json-file.ts';
import { parseRunKey, type RunKey } from './run-key.ts';

/** Files of ours beside the child's own. */
export const RUN_FILES = {
  plan: 'run.json',
  process: 'process.json',
  end: 'end.json',
  journal: 'journal.json',
  origin: 'origin.json',
  dataset: 'dataset.safetensors',
  output: 'child.log',
} as const;

export const planSchema = z.object({ deadlineAtMs: z.int().min(0) });

/** The process that was last started, and how often one was started without getting any further. */
export const processSchema = z.object({
  pid: z.int().min(1),
  mark: z.string(),
  fruitlessStarts: z.int().min(0),
  sequenceAtStart: z.int().min(0),
});
export type ProcessRecord = z.output<typeof processSchema>;

/** How the process with that mark ended, where the worker that started it was there to see it. */
export const endSchema = z.object({ mark: z.string(), code: z.int().nullable(), signal: z.string().nullable() });
export type ProcessEnd = z.output<typeof endSchema>;

/** What this node already told the platform: a retry goes on from here and does nothing twice. */
export const journalSchema = z.object({
  reportedSequence: z.int().min(0).default(0),
  /** Up to this step every checkpoint is reported that has to be. */
  storedStep: z.int().min(0).default(0),
  /** In CyxCloud and not reported yet. */
  uploaded: z.object({ step: z.int().min(1), cid: z.string() }).optional(),
  model: z.object({ cid: z.string(), sizeBytes: z.int().min(0) }).optional(),
  completed: z.boolean().default(false),
});
export type Journal = z.output<typeof journalSchema>;

/** Written whenever the platform has heard the node: what watches it from outside looks at how old it is. */
export const HEARD_FILE = 'heard';

/** Every attempt has a directory of its own: `<root>/<job id>/<attempt>`. */
export function runDirectory(root: string, key: RunKey): string {
  const { jobId, attempt } = parseRunKey(key);
  return join(root, jobId, String(attempt));
}

export function makeRunDirectory(root: string, key: RunKey): string {
  const dir = runDirectory(root, key);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

/** All attempts that have a directory here; anything else under the root is not ours and is left alone. */
export function allRuns(root: string): RunKey[] {
  if (!existsSync(root)) return [];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => attemptsOf(root, name));
}

/** Attempts of one job, oldest first. */
export function attemptsOf(root: string, jobId: string): RunKey[] {
  const dir = join(root, jobId);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => /^[1-9]\d{0,3}$/.test(name))
    .map((name) => ({ jobId, attempt: Number(name) }))
    .filter((key) => isRunKey(key))
    .sort((a, b) => a.attempt - b.attempt);
}

function isRunKey(key: RunKey): boolean {
  try {
    return parseRunKey(key).jobId === key.jobId;
  } catch {
    return false;
  }
}

export function readJournal(dir: string): Journal {
  return readJson(join(dir, RUN_FILES.journal), journalSchema) ?? journalSchema.parse({});
}

export function hasSpec(dir: string): boolean {
  return existsSync(join(dir, CHILD_FILES.spec));
}

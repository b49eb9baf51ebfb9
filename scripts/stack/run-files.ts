import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

/** One running process, written down so that the next start can find it even after a `kill -9` of this one. */
export interface RunRecord extends ProcessIdentity {
  readonly name: string;
  readonly command: string;
  /** How this process wants to be asked to end. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
}

const recordSchema = z.object({
  name: z.string(),
  pid: z.int().positive(),
  startTimeTicks: z.string(),
  bootId: z.string(),
  command: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
});

function fileOf(runDir: string, name: string): string {
  return join(runDir, `${name}.json`);
}

/** Synchronous on purpose: nothing may happen between the start of a process and its record. */
export function writeRunRecord(runDir: string, process: Omit<RunRecord, 'startTimeTicks' | 'bootId'>): RunRecord | undefined {
  const identity = identityOf(process.pid);
  if (identity === undefined) return undefined; // It has ended already; its exit is reported elsewhere.
  const record = { ...process, ...identity };
  mkdirSync(runDir, { recursive: true });
  const half = `${fileOf(runDir, record.name)}.half`;
  writeFileSync(half, `${JSON.stringify(record)}\n`);
  renameSync(half, fileOf(runDir, record.name));
  return record;
}

export function removeRunRecord(runDir: string, name: string): void {
  rmSync(fileOf(runDir, name), { force: true });
}

/** Undefined where there is none, or where it can not be read (a torn file names no process). */
export function readRunRecord(runDir: string, name: string): RunRecord | undefined {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(readFileSync(fileOf(runDir, name), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function runRecordNames(runDir: string): string[] {
  try {
    return readdirSync(runDir).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  } catch {
    return [];
  }
}

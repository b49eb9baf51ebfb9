import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';
import { NODE_FILES } from '#core/node/folder';
import { processMark } from './process-mark.ts';

/** What a node's folder says of the process that runs it. */
const recordSchema = z.object({ pid: z.int(), mark: z.string() });
export type NodeProcess = z.output<typeof recordSchema>;

/** The process that runs the node of this folder; undefined where none does. */
export function runningProcess(dir: string): number | undefined {
  const file = join(dir, NODE_FILES.process);
  if (!existsSync(file)) return undefined;
  const { pid, mark } = parseInput(recordSchema, JSON.parse(readFileSync(file, 'utf8')));
  return processMark(pid) === mark ? pid : undefined;
}

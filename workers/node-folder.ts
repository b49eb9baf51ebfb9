import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { writeJson } from '#activities/node/json-file';
import { openLogFile } from '#activities/node/log-file';
import { CyxError } from '#core/errors/cyx-error';
import { NODE_FILES } from '#core/node/folder';
import { forReader } from '#core/node/log-words';
import { processMark } from '#engine/node/process-mark';
import { runningProcess, type NodeProcess } from '#engine/node/running-process';

/** To standard error, for whoever started the node, and into its folder, for `cyxwiz node logs`. */
export function nodeLog(folder: string): Logger {
  const file = openLogFile(join(folder, NODE_FILES.log), join(folder, NODE_FILES.oldLog));
  return pino({ level: 'info' }, pino.multistream([{ stream: forReader(pino.destination({ fd: 2, sync: true }), process.stderr.isTTY) }, { stream: file }]));
}

export interface NodeFolder {
  /** Somebody wants this process to leave once the node has handed back what it has. */
  mayLeave(): boolean;
  /** The process has ended its work. */
  close(): void;
}

/** Marks a folder as that of this process. STATE_CONFLICT where another process runs the node already. */
export function occupy(folder: string): NodeFolder {
  const [file, leave] = [join(folder, NODE_FILES.process), join(folder, NODE_FILES.leave)];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const other = runningProcess(folder);
  if (other !== undefined && other !== process.pid) throw new CyxError('STATE_CONFLICT', `This node runs already, as process ${other}. Stop that one first.`);
  writeJson(file, { pid: process.pid, mark: processMark(process.pid) ?? '' } satisfies NodeProcess);
  // Of a process that ended before it could leave.
  rmSync(leave, { force: true });
  return {
    mayLeave: () => existsSync(leave),
    close: () => {
      rmSync(file, { force: true });
      rmSync(leave, { force: true });
    },
  };
}

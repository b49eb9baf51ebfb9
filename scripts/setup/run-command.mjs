// Runs one command of a set-up step: its output goes to a log file, and its end is shown when it fails.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { dirname } from 'node:path';

export class CommandFailed extends Error {
  /** @param {string} text @param {string} logFile */
  constructor(text, logFile) {
    super(text);
    this.name = 'CommandFailed';
    this.logFile = logFile;
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, logFile: string, env?: Record<string, string | undefined> }} options
 */
export async function runCommand(command, args, { cwd, logFile, env = process.env }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile, { flags: 'a' });
  log.write(`$ ${command} ${args.join(' ')}\n`);
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const [code, signal] = await Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([error]) => [error.message, null]),
  ]);
  log.end();
  await once(log, 'finish');
  if (code === 0) return;
  const ending = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
  throw new CommandFailed(`${command} ${args.slice(0, 3).join(' ')} … ${ending}\n${lastLines(logFile, 25)}\nThe whole output: ${logFile}`, logFile);
}

function lastLines(file, count) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).map((line) => `    ${line}`).join('\n');
}

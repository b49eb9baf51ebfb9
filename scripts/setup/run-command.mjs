// Runs one command of a set-up step: its output goes to a log file, and its end is shown when it fails.
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

// The reason stands at the beginning of what some programs write, and at the end of what others write.
const SHOWN_FIRST = 8;
const SHOWN_LAST = 16;

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, logFile: string, env?: Record<string, string | undefined> }} options
 * @throws Error that says how the command ended, what it last wrote and where the rest of it is
 */
export async function runCommand(command, args, { cwd, logFile, env = process.env }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const startOffset = fstatSync(log).size;
  let ending;
  try {
    writeSync(log, `$ ${command} ${args.join(' ')}\n`);
    ending = await endingOf(spawn(command, args, { cwd, env, stdio: ['ignore', log, log] }));
  } finally {
    closeSync(log);
  }
  if (ending === 'ended with 0') return;
  throw new Error(`${[command, ...args.slice(0, 3)].join(' ')} … ${ending}\n${bothEnds(logFile, startOffset)}\nThe whole output: ${logFile}`);
}

function endingOf(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be run: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `ended with ${code}` : `was ended by ${signal}`));
  });
}

function bothEnds(file, offset) {
  const lines = readFileSync(file).subarray(offset).toString('utf8').trimEnd().split('\n');
  const short = lines.length <= SHOWN_FIRST + SHOWN_LAST ? lines : [...lines.slice(0, SHOWN_FIRST), '…', ...lines.slice(-SHOWN_LAST)];
  return short.map((line) => `    ${line}`).join('\n');
}

import { z } from 'zod';

const lineSchema = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });
/** pino's numbers. */
const LEVELS: readonly (readonly [number, string])[] = [
  [50, 'ERROR'],
  [40, 'WARN '],
  [0, 'INFO '],
];
const LEFT_OUT = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

/** A line of a node's log, for people; one that is no document of the log stays as it is. */
export function logWords(line: string): string {
  const parsed = lineSchema.safeParse(jsonOf(line));
  if (!parsed.success) return line;
  const { level, time, msg } = parsed.data;
  const word = LEVELS.find(([from]) => level >= from)![1];
  const facts = Object.entries(parsed.data).filter(([name]) => !LEFT_OUT.has(name));
  return [new Date(time).toISOString(), word, msg, ...facts.map(([name, value]) => `${name}=${factWords(value)}`)].join(' ');
}

/** Of an error, what it says; its stack is in the JSON. */
function factWords(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string') return JSON.stringify(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

export interface LineStream {
  write(line: string): void;
}

/** Where a log goes that somebody reads as it is written: on a terminal in words, anywhere else as it is. */
export function forReader(stream: LineStream, isTerminal: boolean): LineStream {
  return isTerminal ? { write: (line) => stream.write(`${logWords(line)}\n`) } : stream;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const answerSchema = z.discriminatedUnion('ok', [
  z.object({ id: z.int(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.int(), ok: z.literal(false), error: z.string() }),
]);

const STDERR_KEPT_CHARACTERS = 4_000;
const END_WITHIN_MS = 5_000;

export interface LineServerCommand {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * A child process that answers one JSON request a line, in order: `{id, op, …}` → `{id, ok, result | error}`. It lives
 * until `close`, so that what it has compiled and cached stays warm.
 */
export class LineClient {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #stderr = '';
  #lastId = 0;
  #ended: Error | undefined;

  constructor({ name, command, args, env }: LineServerCommand) {
    this.#name = name;
    this.#child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'close').catch(() => undefined);
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT_CHARACTERS);
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line));
    this.#child.stdin!.on('error', () => {}); // the end of the process says it better
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code, signal) => this.#end(`ended with ${code ?? signal}`));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask<T>(op: string, schema: z.ZodType<T>, body: object = {}): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.stdin!.write(`${JSON.stringify({ ...body, id, op })}\n`);
    return schema.parse(await answer);
  }

  async close(): Promise<void> {
    this.#child.stdin!.end();
    const isGone = await Promise.race([this.#exited.then(() => true), delay(END_WITHIN_MS, false, { ref: false })]);
    if (!isGone) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #take(line: string): void {
    const answer = answerSchema.parse(JSON.parse(line));
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.result);
    else waiting?.reject(new Error(`${this.#name}: ${answer.error}`));
  }

  #end(how: string): void {
    this.#ended = new Error(`${this.#name} ${how}\n${this.#stderr}`);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

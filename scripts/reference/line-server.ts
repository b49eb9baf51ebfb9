import { createInterface } from 'node:readline';
import { z } from 'zod';

const requestSchema = z.looseObject({ id: z.int(), op: z.string() });

type Handler = (request: unknown) => unknown;

/** The other end of `LineClient`: answers requests from stdin on stdout, one after the other, until stdin ends. */
export async function serveLines(handlers: Readonly<Record<string, Handler>>): Promise<void> {
  // Whatever a library prints goes to stderr, so that answers stay JSON.
  console.log = console.error;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = requestSchema.parse(JSON.parse(line));
    const { id, op } = request;
    const reply = await answer(handlers[op], request).then(
      (result) => ({ id, ok: true, result }),
      (error: unknown) => ({ id, ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

async function answer(handler: Handler | undefined, request: { readonly op: string }): Promise<unknown> {
  if (handler === undefined) throw new Error(`there is no operation "${request.op}"`);
  return await handler(request);
}

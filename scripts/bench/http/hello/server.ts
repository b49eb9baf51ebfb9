import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pathToFileURL } from 'node:url';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import Fastify from 'fastify';

/** The peer: Fastify with a Remix page that says hello, and nothing else. Says its port, and ends with its input. */
export async function serveHello(buildFile: string): Promise<void> {
  const build = (await import(pathToFileURL(buildFile).href)) as ServerBuild;
  const handle = createRequestHandler(build, 'production');
  const app = Fastify();
  app.get('*', async (request, reply) => {
    const headers = new Headers(Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]));
    const response = await handle(new Request(`http://${request.host}${request.url}`, { headers }));
    reply.code(response.status);
    for (const [name, value] of response.headers) reply.header(name, value);
    return reply.send(response.body === null ? null : Readable.fromWeb(response.body as ReadableStream));
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  process.stdout.write(`${address}\n`);
  process.stdin.resume();
  await new Promise<void>((resolve) => process.stdin.once('end', resolve));
  await app.close();
}

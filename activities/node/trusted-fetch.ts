import { readFileSync } from 'node:fs';
import { Agent, fetch as undiciFetch } from 'undici';

/**
 * `fetch` for the platform's HTTP edges. With a CA file only what that authority signed is trusted, as on the gRPC
 * connections; Node's own fetch knows no other authorities than the system's.
 */
export function trustedFetch(caFile?: string): typeof globalThis.fetch {
  if (caFile === undefined) return globalThis.fetch;
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } });
  // The package's types are not the DOM's, though its objects are alike: it is the code behind Node's own fetch.
  const send = undiciFetch as unknown as (input: unknown, init: object) => Promise<Response>;
  return (input, init) => send(input, { ...init, dispatcher });
}

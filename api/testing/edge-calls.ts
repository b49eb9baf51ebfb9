import { expect } from 'vitest';
import { goThroughChallenge } from '#activities/node/challenge';
import { createPlatformClient } from '#activities/node/platform-client';
import { plainSolver } from '#core/hardware/challenge/plain-solver';
import { reportedError } from '../client/grpc-call.ts';

export type Call = readonly [method: string, path: string, token?: string, body?: unknown];

/** What somebody without any client of ours sends; a body that is text goes as it is. */
export async function callHttp(baseUrl: string, ...[method, path, token, body]: Call) {
  const response = await fetch(baseUrl + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type') ?? '', json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

/** With the solver in plain TypeScript: the challenge of test stacks is a small one. */
export async function showSmallCpu(grpcUrl: string, machine: { readonly machineId: string; readonly apiKey: string }): Promise<void> {
  const client = createPlatformClient({ grpcUrl, reportedError });
  const shown = await goThroughChallenge(client.machine.challenge, { ...machine, deviceClass: 'cpu' }, plainSolver);
  client.close();
  expect(shown).toMatchObject({ passed: true, reason: '', memoryMib: 1 });
}

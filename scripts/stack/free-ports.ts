import { randomInt } from 'node:crypto';
import { portVariables } from '#core/config/ports';
import { isPortFree } from './port-check.ts';

// Below the range from which systems hand out ports for outgoing connections: such a connection could take
// the port between our look and our use of it.
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** That many different ports which are free on this machine right now. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > count * 200) throw new Error(`Found no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = randomInt(LOWEST, HIGHEST);
    if (!found.has(port) && (await isPortFree(port, host))) found.add(port);
  }
  return [...found];
}

/** An environment for `parseConfig` in which every port is a free one: for a stack beside other stacks. */
export async function freePortsEnv(host = '127.0.0.1'): Promise<Record<string, string>> {
  const variables = Object.values(portVariables).map(({ variable }) => variable);
  const ports = await freePorts(variables.length, host);
  return Object.fromEntries(variables.map((variable, index) => [variable, String(ports[index])]));
}

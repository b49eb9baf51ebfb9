import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChildCommand } from './child-contract.ts';
import { isolate, NETWORK_WAYS, networkWay } from './child-isolation.ts';
import { saysOutOfMemory } from './out-of-memory.ts';
import { until } from './testing/training-dir.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const node = (script: string, ...args: string[]): ChildCommand => ({ command: process.execPath, args: ['-e', script, ...args] });

const LOOK = `console.log(JSON.stringify({
  names: Object.keys(process.env), interfaces: Object.keys(require('node:os').networkInterfaces()), status: require('node:fs').readFileSync('/proc/self/status', 'utf8'),
}))`;
/** Says how each attempt to reach an address ended. */
const REACH = `
const reach = (address) => new Promise((done) => {
  const [host, port] = address.split(' ');
  const socket = require('node:net').connect({ host, port: Number(port), timeout: 3000 });
  socket.on('connect', () => done('reached')).on('timeout', () => done('timed out')).on('error', (error) => done(error.code));
});
Promise.all(process.argv.slice(1).map(reach)).then((ends) => { console.log(JSON.stringify(ends)); process.exit(0); });`;
/** Takes its time to leave, as a training does that writes a checkpoint. */
const SLOW_TO_LEAVE = `
const { writeFileSync } = require('node:fs');
process.on('SIGTERM', () => setTimeout(() => { writeFileSync(process.argv[1] + '/left', ''); process.exit(0); }, 500));
setInterval(() => undefined, 1000);
writeFileSync(process.argv[1] + '/ready', '');`;
const GREEDY = `const held = []; for (;;) { held.push(Buffer.alloc(32 * 1024 * 1024, 1)); console.log(held.length * 32); }`;

interface Seen {
  readonly names: readonly string[];
  readonly interfaces: readonly string[];
  readonly status: string;
}

/** Every way that this machine has; which one a node takes is the first of them. */
const ways = NETWORK_WAYS.filter(({ prefix }) => {
  const [command = '', ...args] = prefix(false);
  return spawnSync(command, [...args, 'true']).status === 0;
});

let listener: Server;
let dir: string;
const own = (): string => `127.0.0.1 ${(listener.address() as AddressInfo).port}`;
/** An address of the net that is set aside for documentation (RFC 5737), and a name server that the whole world knows. */
const OUTSIDE = ['192.0.2.1 80', '1.1.1.1 53'];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'isolation-'));
  listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(listener, 'listening');
});
afterAll(() => {
  listener.close();
  rmSync(dir, { recursive: true, force: true });
});

async function ends({ command, args }: ChildCommand, env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  return JSON.parse((await run(command, [...args], { env })).stdout) as string[];
}

describe('an isolated child', () => {
  it('is kept from the network by the first way that works here', () => {
    console.log(`ways that work here: ${ways.map(({ name }) => name).join(', ')}`);
    expect(ways.length).toBeGreaterThan(0);
    expect(networkWay()).toBe(ways[0]);
  });

  it('sees no variable that could hold a secret, no interface, and has no right that would lead out', async () => {
    const { command, args, env } = isolate(node(LOOK));
    const { names, interfaces, status } = JSON.parse((await run(command, [...args], { env })).stdout) as Seen;
    expect(names).toContain('PATH');
    expect(names.filter((name) => /SECRET|TOKEN|KEY|PASSWORD|URL|URI|NODE|VITEST|HOME/.test(name))).toEqual([]);
    expect(interfaces).toEqual([]);
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    // Of all capabilities at most the two that say which files may be read.
    expect(Number.parseInt(/CapEff:\s+([0-9a-f]+)/.exec(status)?.[1] ?? 'f', 16) & ~0b110).toBe(0);
  });

  it.each(ways)('by $name reaches neither a server on its own machine nor one outside', async (way) => {
    const attempt = node(REACH, own(), ...OUTSIDE);
    // The very same attempt with the network there, or the rest would prove nothing.
    expect((await ends(attempt))[0]).toBe('reached');
    const { command, args, env } = isolate(attempt, { way });
    const [local, ...outside] = await ends({ command, args }, env);
    // A loopback of its own may be up, with nobody there.
    expect(['ENETUNREACH', 'ECONNREFUSED']).toContain(local);
    expect(outside).toEqual(['ENETUNREACH', 'ENETUNREACH']);
  });

  it.each(ways)('by $name leaves in its own time when its group is asked to', async (way) => {
    const [ready, left] = [join(dir, 'ready'), join(dir, 'left')];
    const { command, args, env } = isolate(node(SLOW_TO_LEAVE, dir), { way });
    const child = spawn(command, [...args], { env, detached: true, stdio: 'ignore' });
    const exited = once(child, 'exit');
    await until(() => existsSync(ready));
    process.kill(-child.pid!, 'SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(existsSync(left)).toBe(true);
    for (const file of [ready, left]) rmSync(file);
  });

  it('is refused memory far above its bound, says so, and leaves no core file', async () => {
    const { command, args, env } = isolate(node(GREEDY), { memoryBytes: 256 * MIB });
    const failed = await run(command, [...args], { env, cwd: dir }).then(
      () => undefined,
      (error: unknown) => error as { readonly stdout: string; readonly stderr: string },
    );
    const heldMib = Number(failed?.stdout.trim().split('\n').at(-1));
    console.log(`bound 256 MiB: held ${heldMib} MiB when it was refused more`);
    expect(heldMib).toBeGreaterThan(256);
    expect(heldMib).toBeLessThan(256 + 1024);
    expect(saysOutOfMemory(failed?.stderr ?? '')).toBe(true);
  });
});

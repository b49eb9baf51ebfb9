import { spawnSync } from 'node:child_process';
import type { ChildCommand } from './child-contract.ts';

/** What a child inherits: where programs, libraries, devices and scratch space are. Nothing of it is a secret. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TZ', 'LANG', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_VISIBLE_DEVICES', 'SystemRoot', 'TEMP', 'TMP'] as const;

/** Ways to start a program in a network of its own, which has no interface that is up; the second needs no root. */
const WITHOUT_NETWORK: readonly (readonly string[])[] = [
  ['unshare', '--net', '--'],
  ['unshare', '--map-root-user', '--net', '--'],
];

let found: readonly string[] | undefined;

/** The first way that works here; empty where none does (no Linux, or a kernel that does not let users do so). */
export function withoutNetwork(): readonly string[] {
  found ??=
    WITHOUT_NETWORK.find(([command = '', ...args]) => spawnSync(command, [...args, 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0) ?? [];
  return found;
}

export interface IsolatedCommand extends ChildCommand {
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The command with what keeps a training to its files: no variable of this process but the named ones, and no network
 * where the kernel gives one away for free. The process id stays that of the child: each step of the way replaces itself.
 */
export function isolate({ command, args }: ChildCommand): IsolatedCommand {
  // Passed on by name, unread: settings still come from the composition roots alone.
  // eslint-disable-next-line no-restricted-properties
  const here = process.env;
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, here[name]])) as NodeJS.ProcessEnv;
  const [first, ...rest] = [...withoutNetwork(), command, ...args];
  return { command: first as string, args: rest, env };
}

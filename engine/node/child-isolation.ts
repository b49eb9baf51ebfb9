import { spawnSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ChildCommand } from './child-contract.ts';

/** What a child inherits: where programs, libraries, devices and scratch space are. Nothing of it is a secret. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TZ', 'LANG', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_VISIBLE_DEVICES', 'SystemRoot', 'TEMP', 'TMP'] as const;

/** Starts what follows it in a network of its own, from which none leads anywhere. */
export interface NetworkWay {
  readonly name: string;
  /** For a child that outlives its parent, which is signalled as a group, and for one that must not. */
  readonly prefix: (attached: boolean) => readonly string[];
}

/**
 * In the order in which they are tried. The first needs root, the second lets any user in where the kernel does, the third
 * also where only a program with its own permission may. `bwrap` stays beside the child to wait for it, so a signal for the
 * group must not end it before the child has written its checkpoint.
 */
export const NETWORK_WAYS: readonly NetworkWay[] = [
  { name: 'unshare', prefix: () => ['unshare', '--net', '--'] },
  { name: 'unshare with a user namespace', prefix: () => ['unshare', '--map-root-user', '--net', '--'] },
  {
    name: 'bwrap',
    prefix: (attached) => [
      ...['env', '--ignore-signal=TERM', 'bwrap', '--unshare-net', '--dev-bind', '/', '/'],
      ...(attached ? ['--die-with-parent'] : []),
      ...['--', 'env', '--default-signal=TERM'],
    ],
  },
];

/** A training yields to the process that tells the platform of it, and is the first to go where memory runs out. */
const MANNERS: readonly (readonly string[])[] = [
  ['nice', '-n', '5'],
  ['choom', '-n', '1000', '--'],
];
/** Without the rights of root, nobody leaves a network namespace for another. Files stay readable for who may read them now. */
const FEWER_RIGHTS: readonly (readonly string[])[] = [
  ['setpriv', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all,+dac_override,+dac_read_search'],
  ['setpriv', '--no-new-privs'],
];
/** A core file would hold the data that was trained on. */
const NO_CORE_FILE = '--core=0:0';
/** Of writable memory, above what may be resident: stacks, and what allocators keep for later. */
const UNUSED_BYTES = 1024 ** 3;

interface Found {
  readonly way: NetworkWay | undefined;
  readonly manners: readonly string[];
  readonly limits: boolean;
  readonly rights: readonly string[];
}

function works([command = '', ...args]: readonly string[]): boolean {
  // Reads a file as the child will: a step that takes the right to it away is of no use.
  return spawnSync(command, [...args, 'test', '-r', fileURLToPath(import.meta.url)], { stdio: 'ignore', timeout: 5_000 }).status === 0;
}

let found: Found | undefined;

/** What works here, found out once in a process: what was checked is what is used. */
function look(): Found {
  if (found !== undefined) return found;
  const way = NETWORK_WAYS.find(({ prefix }) => works(prefix(false)));
  const before = way?.prefix(false) ?? [];
  found = {
    way,
    manners: MANNERS.filter(works).flat(),
    limits: works(['prlimit', NO_CORE_FILE]),
    rights: FEWER_RIGHTS.find((step) => works([...before, ...step])) ?? [],
  };
  return found;
}

/** How children are kept from the network here; undefined where nothing can (no Linux, or a kernel that lets no user do so). */
export function networkWay(): NetworkWay | undefined {
  return look().way;
}

/** Children of this process would have the rights of root: it has them, and nothing here can take them away. */
export function keepsRootRights(): boolean {
  return process.getuid?.() === 0 && look().rights.length === 0;
}

export interface IsolatedCommand extends ChildCommand {
  readonly env: NodeJS.ProcessEnv;
}

export interface IsolateOptions {
  /** What the child may hold resident: far above that the kernel gives it no more, however fast it asks. */
  readonly memoryBytes?: number;
  /** It ends with this process. Otherwise it is started detached, and signals go to its group. */
  readonly attached?: boolean;
  /** Unset: the best that there is here. */
  readonly way?: NetworkWay | undefined;
}

/**
 * The command with what keeps a training to its files: no variable of this process but the named ones, fewer rights, no
 * network where the kernel can take it away (whoever must not do without asks `networkWay` first), and an end to memory.
 * Each step of the way replaces itself by the next, but for `bwrap`.
 */
export function isolate({ command, args }: ChildCommand, { memoryBytes, attached = false, way }: IsolateOptions = {}): IsolatedCommand {
  // Passed on by name, unread: settings still come from the composition roots alone.
  // eslint-disable-next-line no-restricted-properties
  const here = process.env;
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, here[name]])) as NodeJS.ProcessEnv;
  const { manners, limits, rights, way: best } = look();
  const network = (way ?? best)?.prefix(attached) ?? [];
  const [first, ...rest] = [...manners, ...(limits ? limitsOf(memoryBytes) : []), ...network, ...rights, command, ...args];
  return { command: first as string, args: rest, env };
}

/** RLIMIT_DATA counts private writable memory, and not the address space that V8 and CUDA only reserve. */
function limitsOf(memoryBytes: number | undefined): string[] {
  if (memoryBytes === undefined) return ['prlimit', NO_CORE_FILE];
  const mostBytes = Math.floor(Math.max(memoryBytes, Math.min(memoryBytes + UNUSED_BYTES, totalmem())));
  return ['prlimit', NO_CORE_FILE, `--data=${mostBytes}:${mostBytes}`];
}

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { createCyxWizClient, type CyxWizClient } from '#api/client/node';
import { clientAddress } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { idText } from '#core/input/ids';
import { NODE_FILES } from '#core/node/folder';
import { withClient, type CliContext } from '../context.ts';

export { runningProcess } from '#engine/node/running-process';

/** Which node a command is about: that of this machine, or one of one's own that was named. */
export interface NodeChoice {
  readonly node?: string;
  readonly dir?: string;
}

/** Of `config.json`, what the command line needs. */
const configSchema = z.object({ nodeId: z.string(), apiUrl: z.url(), apiKey: z.string().min(1) });

/** A node whose folder is on this machine. */
export interface LocalNode {
  readonly dir: string;
  readonly nodeId: string;
  readonly apiUrl: string;
  readonly apiKey: string;
}

/** In full: a message about it must tell it from one below another folder. */
export const nodeFolder = (context: Pick<CliContext, 'config'>, dir: string | undefined): string => resolve(dir ?? join(context.config.home, 'server-node'));

/** Undefined where no node was set up in this folder. */
export function findLocalNode(dir: string): LocalNode | undefined {
  const file = join(dir, NODE_FILES.config);
  return existsSync(file) ? { dir, ...parseInput(configSchema, JSON.parse(readFileSync(file, 'utf8'))) } : undefined;
}

export function requireLocalNode(dir: string): LocalNode {
  const local = findLocalNode(dir);
  if (local === undefined) throw new CyxError('NOT_FOUND', `No node was set up in ${dir}. Set one up with "cyxwiz node setup", name the folder of one with --dir, or one of yours, wherever it runs, with --node.`);
  return local;
}

export interface ChosenNode {
  readonly nodeId: string;
  readonly client: CyxWizClient;
  /** Unset where the node was named: it may run anywhere. */
  readonly local: LocalNode | undefined;
}

/**
 * Runs `use` for the chosen node: with the machine's own API key for the one of this machine, with the login for one that
 * was named. What moves tokens (`asOwner`) is never done with the machine's key.
 */
export async function withNode<T>(context: CliContext, choice: NodeChoice, use: (chosen: ChosenNode) => Promise<T>, { asOwner = false } = {}): Promise<T> {
  if (choice.node !== undefined) {
    const { node: nodeId } = parseInput(z.object({ node: idText('a node') }), { node: choice.node });
    return withClient(context, (client) => use({ nodeId, client, local: undefined }));
  }
  const local = requireLocalNode(nodeFolder(context, choice.dir));
  const client = clientOf(context, local, asOwner ? context.token() : local.apiKey);
  try {
    return await use({ nodeId: local.nodeId, client, local });
  } finally {
    client.close();
  }
}

/** Of the platform that the node works for, wherever this shell says that one is. */
function clientOf({ config }: CliContext, { apiUrl }: LocalNode, token: string): CyxWizClient {
  return createCyxWizClient({ httpUrl: apiUrl, grpcUrl: clientAddress(config.publicUrls.grpc, config), storageUrl: config.storageUrl, token });
}

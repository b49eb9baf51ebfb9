import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { isPlatformUp } from '../stack/running-platform.ts';
import { startStack } from '../stack/start-stack.ts';

export interface Platform {
  /** It was up before the demo came, so the demo leaves it alone. */
  readonly wasUp: boolean;
  stop(): Promise<void>;
}

/** Finds a platform of ours that is up, or starts one. */
export async function findOrStart(config: Config, say: (line: string) => void): Promise<Platform> {
  if (await isPlatformUp(config)) return { wasUp: true, stop: async () => undefined };
  const stack = await startStack({ config, log: say });
  return { wasUp: false, stop: () => stack.stop() };
}

export interface NodeInfo {
  readonly nodeId: string;
  readonly account: string;
  readonly stakeBase: bigint;
  readonly deviceName: string;
}

const NODE_WITHIN_MS = 120_000;

/** The provider's node: it registers itself (machine, wallet, stake, account on chain) when the platform first starts. */
export async function waitForNode(webUrl: string): Promise<NodeInfo> {
  const giveUpAt = Date.now() + NODE_WITHIN_MS;
  while (Date.now() < giveUpAt) {
    const answer = await fetch(`${webUrl}/api/nodes?page_size=100`);
    if (answer.ok) {
      const { nodes } = (await answer.json()) as { nodes: { node_id: string; account: string | null; state: string; stake_base: string; device_name: string }[] };
      const node = nodes.find((candidate) => candidate.state === 'ACTIVE' && candidate.account !== null);
      if (node !== undefined) {
        return { nodeId: node.node_id, account: node.account!, stakeBase: BigInt(node.stake_base), deviceName: node.device_name };
      }
    }
    await delay(250);
  }
  throw new CyxError('NO_CAPABLE_NODE', 'No node became ACTIVE within two minutes. Look into .cyxwiz/logs/node.log');
}

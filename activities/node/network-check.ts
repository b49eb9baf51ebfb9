import { CyxError } from '#core/errors/cyx-error';
import { keepsRootRights, networkWay } from '#engine/node/child-isolation';
import type { NodeLog } from './ports.ts';

/**
 * A node trains strangers' models on strangers' data: nothing of that may reach the network. So one that can not keep it
 * from there does not start, unless its owner said that it may.
 * @throws CyxError NODE_NOT_ELIGIBLE with what to do
 */
export function requireNoNetwork(isAllowedWithout: boolean, log: NodeLog): void {
  const way = networkWay();
  if (way !== undefined) return log.info({ by: way.name }, 'Trainings run without a network');
  if (!isAllowedWithout) {
    throw new CyxError(
      'NODE_NOT_ELIGIBLE',
      'Trainings can not be kept from the network on this machine, so the node does not start: neither `unshare` (of util-linux) nor `bwrap` (of bubblewrap) works here. ' +
        'Install one of them, or let users make namespaces (`sysctl kernel.unprivileged_userns_clone=1`; on Ubuntu `sysctl kernel.apparmor_restrict_unprivileged_userns=0`). ' +
        'If trainings on this machine may have the network, say so: `cyxwiz node setup --allow-network`, or CYXWIZ_NODE_ALLOW_NETWORK=1',
    );
  }
  log.warn({}, 'Trainings on this node have the network: neither unshare nor bwrap works here, and its owner allowed it');
}

/** Root may undo most of what a training is kept by. */
export function warnOfRoot(log: Pick<NodeLog, 'warn'>): void {
  if (keepsRootRights()) log.warn({}, 'Trainings on this node have the rights of root: it runs as root, and `setpriv` (of util-linux) is not here or does not work. Install it, or run the node as another user');
}

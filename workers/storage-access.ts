import { CyxError } from '#core/errors/cyx-error';
import type { StorageServerOptions } from '#cyxcloud/gateway/types';
import type { Database } from '#db/postgres/database';
import { leaseOnObject, leasesOfNode, userHasObject } from '#db/postgres/object-access';

/**
 * Who may have which ciphertext. A node: what its open leases name, and it puts only while it holds one. A person: what
 * they put, their datasets, and their jobs' models. The platform and its operators: everything.
 */
export function storageAccess(db: Database): NonNullable<StorageServerOptions['authorize']> {
  return async ({ subject, role }, wish) => {
    if (role === 'platform' || role === 'operator') return;
    if (wish.kind === 'write') {
      if (role === 'node' && (await leasesOfNode(db, subject)) === 0) throw over();
      return;
    }
    if (role === 'user') {
      if ((await wish.owner()) === subject || (await userHasObject(db, subject, wish.cid))) return;
      throw new CyxError('FORBIDDEN', 'This object belongs to somebody else');
    }
    const lease = await leaseOnObject(db, subject, wish.cid);
    if (lease === 'past') throw over();
    if (lease === 'none') throw new CyxError('FORBIDDEN', 'A node may read the objects of the jobs that it works on, and no others');
  };
}

/** The node knows the code: it stops what it does for that attempt. */
function over(): CyxError {
  return new CyxError('FENCED', 'This node holds no lease for it, or not any more: stop working on it');
}

import type { OwnNodeView } from '#api/services/machine-types';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';

/** What its owner, or a ban, keeps a node from taking jobs by. */
export function NodeFlags({ node: { paused, draining, maintenance, unstaking, unstakeAvailableAt, banned } }: { node: Wire<OwnNodeView> }) {
  const words = [paused && 'paused', draining && 'draining', maintenance && 'maintenance'].filter((word) => word !== false);
  return (
    <>
      {words.map((word) => (
        <span key={word} className="font-medium text-locked">
          {word}
        </span>
      ))}
      {unstaking && <span className="font-medium text-locked">unstaking{unstakeAvailableAt !== null && <>, yours <Moment at={unstakeAvailableAt} /></>}</span>}
      {banned && <span className="font-medium text-failed">banned</span>}
    </>
  );
}

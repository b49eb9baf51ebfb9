import type { OwnNodeView } from '#api/services/machine-types';
import { capabilityWords } from '../../lib/node-words.ts';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';

/** What keeps a node from taking jobs, whoever said so. */
export function NodeFlags({ node: { paused, draining, maintenance, unstaking, unstakeAvailableAt, banned, capability, isVerifiable } }: { node: Wire<OwnNodeView> }) {
  const words = [paused && 'paused', draining && 'draining', maintenance && 'maintenance', ...capabilityWords({ capability, isVerifiable })].filter((word) => word !== false);
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

import { Moment } from '../ui/moment.tsx';

/** When a machine last said that it is alive. */
export function LastHeard({ at }: { at: string | null }) {
  return at === null ? <>never heard</> : <>heard <Moment at={at} /></>;
}

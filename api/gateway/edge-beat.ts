export interface EdgeBeat {
  /** Goes the ways of a node's calls, as far as Temporal and the storage. */
  reach(): Promise<unknown>;
  /** Notes for everybody that providers could reach the platform without a break since then. */
  record(upSince: Date): Promise<void>;
}

/**
 * One beat, to be repeated: it says since when providers can reach the platform. What a node does not say counts as
 * silence only while this goes on. A beat that fails, be it that Temporal, the storage or the database is away, rejects,
 * and the time begins anew.
 */
export function edgeBeat({ reach, record }: EdgeBeat): () => Promise<void> {
  let upSince: Date | undefined;
  return async () => {
    const since = upSince ?? new Date();
    upSince = undefined;
    await reach();
    await record(since);
    upSince = since;
  };
}

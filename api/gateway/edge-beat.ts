export interface EdgeBeat {
  /** Goes the way of a node's call, as far as Temporal. */
  reach(): Promise<void>;
  /** Notes for everybody that providers could reach the platform without a break since then. */
  record(upSince: Date): Promise<void>;
}

/**
 * One beat, to be repeated: it says since when providers can reach the platform. What a node does not say counts as
 * silence only while this goes on. A beat that fails, be it that Temporal or that the database is away, rejects, and the
 * time begins anew.
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

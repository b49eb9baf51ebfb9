/**
 * Rounds in which every contestant takes one turn, each round in another order, so that none always profits from what
 * the one before it left warm.
 */
export async function takeTurns<Name extends string, T>(rounds: number, turns: Readonly<Record<Name, () => Promise<T>>>): Promise<Record<Name, T>[]> {
  const names = Object.keys(turns) as Name[];
  const results: Record<Name, T>[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = names.map((_, place) => names[(place + round) % names.length]!);
    // Every other time the ring is walked backwards: neighbours change sides too.
    if (Math.floor(round / names.length) % 2 === 1) order.reverse();
    const found: [Name, T][] = [];
    for (const name of order) found.push([name, await turns[name]()]);
    results.push(Object.fromEntries(found) as Record<Name, T>);
  }
  return results;
}

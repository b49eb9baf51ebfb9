/** Does something `count` times, so many at once: whoever is done takes the next. */
export async function inLanes(lanes: number, count: number, one: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

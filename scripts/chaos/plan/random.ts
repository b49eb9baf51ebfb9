/** Numbers that look random and are the same for the same seed: what happens in a run can be asked for again. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** Another stream that depends on this seed and the name alone, so that one more draw here changes nothing there. */
  fork(name: string): Random;
}

/** FNV-1a over the text, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** A Weyl sequence through a 32-bit finaliser: plenty for choosing among faults, nothing for keys. */
export function createRandom(seed: number | string): Random {
  let state = hashText(String(seed));
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (from) => from[Math.floor(next() * from.length)]!,
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

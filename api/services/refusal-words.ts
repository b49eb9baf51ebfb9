/** What nodes and the platform record as the reason of a refusal, and what it means to the one whose job waits. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^(this node is busy|the node is BUSY|the node holds another job)$/, 'busy with another job'],
  [/^(this|the) node is draining$/, 'finishing what it has before it stops'],
  [/^the node is under maintenance$/, 'on a machine under maintenance'],
  [/^the node is paused$/, 'paused by its owner'],
  [/^the node is unstaking$/, 'giving up its stake'],
  [/^the node is banned$/, 'barred from taking jobs'],
  [/^the node is [A-Z]+$/, 'not ready for jobs'],
  [/^this node is short of disk space$/, 'short of disk space'],
  [/^(the deadline is too close|too little time is left before the deadline)$/, 'too little time is left before your deadline'],
  [/^(this|the) node asks for more than the quote allows$/, 'asks for more than your price'],
  [/^(another node has it|another node was faster)$/, 'another node was faster'],
  [/^the node had this job before/, 'had your job before: others are asked first'],
  [/^a smaller device is asked first$/, 'larger than needed: a smaller device is asked first'],
  [/^nobody may work for themselves$/, 'your own: nobody may work for themselves'],
  [/^too many of its results wait for their verdict$/, 'has to wait for verdicts on what it delivered'],
  [/^the stake is below/, 'has too little at stake for this job'],
  [/^the node has (to show again|not shown) what it can do$/, 'has to show first what it can do'],
  [/^no verifier for results of this processor is online$/, 'of a processor whose results nobody verifies at the moment'],
  [/^(this node does not serve |the node is of class )/, 'of another device class'],
  [/^(the job is [A-Z]+|the attempt is closed|attempt \d+ is not the job's current one)$/, 'asked at a moment when the job was not to be had'],
  [/^(the node refused)?$/, 'gave no reason'],
];

/** Nodes word some refusals themselves: what is not known stays as they said it, in quotes. */
export function refusalWords(reason: string): string {
  const known = WORDS.find(([pattern]) => pattern.test(reason));
  return known?.[1] ?? `“${reason.length > 120 ? `${reason.slice(0, 119)}…` : reason}”`;
}

export interface RefusalCount {
  readonly words: string;
  /** So many different nodes said so. */
  readonly nodes: number;
}

/** Counted by what it means, the most frequent first. */
export function countRefusals(refusals: readonly { nodeId: string; reason: string }[]): RefusalCount[] {
  const nodesOf = new Map<string, Set<string>>();
  for (const { nodeId, reason } of refusals) {
    const words = refusalWords(reason);
    nodesOf.set(words, (nodesOf.get(words) ?? new Set()).add(nodeId));
  }
  return [...nodesOf].map(([words, nodes]) => ({ words, nodes: nodes.size })).sort((a, b) => b.nodes - a.nodes);
}

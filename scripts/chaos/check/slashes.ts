import { PublicKey } from '@solana/web3.js';
import { MIN_STAKE_BASE } from '#core/money/split';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { findNodePda } from '#programs/clients/ts/pda';
import type { Arena } from '../arena/arena.ts';
import type { Broken } from '../report.ts';
import type { JobFacts } from './jobs.ts';

export interface LieCount {
  readonly told: number;
  readonly caught: number;
  readonly broken: readonly Broken[];
}

/** A lie counts as told once the liar was given the work; it is caught where that cost the liar part of its stake. */
export function countLies(facts: readonly JobFacts[]): LieCount {
  const told = facts.flatMap(({ record, attempts }) => {
    const attempt = attempts.find(({ nodeId }) => record.liar !== undefined && nodeId === record.liar.nodeId);
    return attempt === undefined || attempt.assignedAt === null ? [] : [{ record, attempt }];
  });
  const isCaught = (outcome: string | null): boolean => outcome === 'invalid' || outcome === 'timeout';
  const broken = told
    .filter(({ attempt }) => !isCaught(attempt.outcome))
    .map(({ record, attempt }): Broken => ({ invariant: 'lie', jobId: record.jobId, why: `${record.liar!.lie} was not caught: attempt ${attempt.attempt} ended ${attempt.outcome ?? 'open'} (${attempt.outcomeReason ?? ''})` }));
  return { told: told.length, caught: told.length - broken.length, broken };
}

/** Slashes of nodes that did nothing wrong, by what is on record and by what is left of their stakes on chain. */
export async function innocentSlashes(arena: Arena, facts: readonly JobFacts[]): Promise<Broken[]> {
  const late = new Set(facts.flatMap(({ record }) => [...record.lateNodes]));
  const broken: Broken[] = [];
  const isInnocent = (nodeId: string): boolean => arena.nodes.get(nodeId)?.lie === null && !late.has(nodeId);
  const named = new Set<string>();
  for (const { record, attempts } of facts) {
    for (const { nodeId, outcome, outcomeReason, attempt } of attempts) {
      if (nodeId === null || !isInnocent(nodeId) || (outcome !== 'invalid' && outcome !== 'timeout')) continue;
      named.add(nodeId);
      broken.push({ invariant: 'slash', jobId: record.jobId, why: `${arena.nodes.get(nodeId)!.name} was slashed for attempt ${attempt}: ${outcome} (${outcomeReason ?? ''})` });
    }
  }
  for (const { nodeId, name } of arena.nodes.values()) {
    if (!isInnocent(nodeId) || named.has(nodeId)) continue;
    const account = await arena.chain.node(new PublicKey(findNodePda(uuidToBytes(nodeId)).address));
    if (account !== null && account.stakeBase < MIN_STAKE_BASE) broken.push({ invariant: 'slash', why: `${name} has only ${account.stakeBase} base units left of its stake` });
  }
  return broken;
}

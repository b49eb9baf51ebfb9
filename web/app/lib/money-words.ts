import type { OwnNodeView } from '#api/services/machine-types';
import type { JobSummary, TransferPurpose, TransferView } from '#api/services/types';
import { assertNever } from '#core/errors/cyx-error';
import { MIN_STAKE_BASE } from '#core/money/split';
import { shorten } from './format.ts';
import type { Wire } from './wire.ts';

/** How a transfer reads: the sign of an amount is always a word. */
interface PurposeWords {
  readonly verb: string;
  readonly why: string;
}

export const PURPOSE_WORDS: Readonly<Record<TransferPurpose, PurposeWords>> = {
  'welcome-credit': { verb: 'credited to', why: 'Welcome credit for a new account' },
  'escrow-lock': { verb: 'locked in', why: 'Locked until the result is checked' },
  'node-payout': { verb: 'paid to', why: 'The node’s 90 % for a checked result' },
  'platform-fee': { verb: 'paid to', why: 'The platform’s 10 %' },
  donation: { verb: 'given to', why: 'Sent by somebody outside of CyxWiz; it goes the way of the rest' },
  refund: { verb: 'refunded to', why: 'The whole escrow, back' },
  'stake-deposit': { verb: 'staked in', why: 'A provider’s stake, which can be slashed' },
  'stake-topup': { verb: 'added to', why: 'More of a provider’s stake' },
  'stake-withdraw': { verb: 'given back to', why: 'What was left of a stake after its week of lock-up' },
  slash: { verb: 'slashed to', why: 'Taken from a stake for a job that was not done' },
};

const PLAIN_ACCOUNTS: Readonly<Record<string, string>> = {
  platform: 'the platform',
  insurance: 'the insurance account',
  mint: 'the CYXWIZ mint',
  outside: 'somebody outside of CyxWiz',
};

/** A ledger account in words. `mine` is the reader's own wallet address, if there is one. */
export function accountWords(account: string, mine: string | null): string {
  const [kind = '', id = ''] = account.split(/:(.*)/s);
  if (kind === 'wallet') return id === mine ? 'your wallet' : `wallet ${shorten(id)}`;
  if (kind === 'escrow') return `escrow ${shorten(id)}`;
  if (kind === 'stake') return `stake vault ${shorten(id)}`;
  return PLAIN_ACCOUNTS[account] ?? account;
}

/** Whether a transfer adds to or takes from the wallet `mine`; null where it is not part of it. */
export function directionFor(transfer: Pick<Wire<TransferView>, 'from' | 'to'>, mine: string | null): 'in' | 'out' | null {
  if (mine === null) return null;
  if (transfer.to === `wallet:${mine}`) return 'in';
  return transfer.from === `wallet:${mine}` ? 'out' : null;
}

/** What happens next with tokens that are in a job's escrow. */
export function escrowOutlook({ state, attempt }: Pick<Wire<JobSummary>, 'state' | 'attempt'>): string {
  switch (state) {
    case 'CREATED':
    case 'QUEUED':
      return attempt === 0 ? 'Just locked; the job starts now.' : `Attempt ${attempt} did not work out. The tokens stay locked while the job is tried again.`;
    case 'ESCROWED':
      return attempt <= 1 ? 'Waits for a node.' : 'Waits for another node to try it again.';
    case 'ASSIGNED':
      return 'A node took the job and fetches the data.';
    case 'RUNNING':
      return 'A node trains the model; nothing is paid before the result is checked.';
    case 'COMPLETED':
    case 'FAILED':
    case 'CANCELLED':
      return 'The job has ended; its tokens are being settled.';
    default:
      return assertNever(state);
  }
}

/** What a node's stake is at risk of, or what is to be done about it. */
export function stakeOutlook({ state, stakeBase, banned, unstaking }: Pick<Wire<OwnNodeView>, 'state' | 'stakeBase' | 'banned' | 'unstaking'>): string {
  if (banned) return 'Banned after repeated failures: the whole stake was slashed.';
  if (state === 'UNREGISTERED') return 'Nothing is staked yet: the stake is taken from your wallet when the node registers.';
  if (unstaking) return 'On its way back to your wallet; it stays locked for 7 days.';
  if (BigInt(stakeBase) < MIN_STAKE_BASE) return 'Below 100 CYXWIZ, so the node gets no new job until the stake is topped up.';
  return 'A job that runs out of time costs 10 % of it, a wrong result 25 %.';
}

export function totalBase(amounts: readonly string[]): string {
  return amounts.reduce((sum, base) => sum + BigInt(base), 0n).toString();
}

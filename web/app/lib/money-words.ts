import type { TransferPurpose, TransferView } from '#api/services/types';
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
  donation: { verb: 'given to', why: 'Sent to the escrow by somebody outside of CyxWiz; it goes the way of the rest' },
  refund: { verb: 'refunded to', why: 'The whole escrow, back' },
  'stake-deposit': { verb: 'staked in', why: 'A provider’s stake, which can be slashed' },
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

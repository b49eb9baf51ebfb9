import { SendTransactionError } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { customErrorCode, explainProgramError } from '#programs/clients/ts/errors';

/** SPL Token's own error for a source account that holds too little. */
const TOKEN_INSUFFICIENT_FUNDS = 1;

/** What the chain refused, in words, as an error that says whether another try can help. */
export function explainRefusal(error: unknown): CyxError {
  const code = error instanceof SendTransactionError ? codeFromText(error.message) : customErrorCode(error);
  if (code === TOKEN_INSUFFICIENT_FUNDS) {
    return new CyxError('INSUFFICIENT_FUNDS', 'The wallet does not hold enough CYXWIZ', { cause: error });
  }
  const known = code === undefined ? undefined : explainProgramError(code);
  if (known !== undefined) {
    return new CyxError('CHAIN_REJECTED', known.text, { facts: { programError: known.name }, cause: error });
  }
  const text = error instanceof Error ? error.message : JSON.stringify(error);
  if (/blockhash not found/i.test(text)) {
    return new CyxError('CHAIN_UNAVAILABLE', 'The transaction was too old for the chain; it is made anew', { cause: error });
  }
  return new CyxError('CHAIN_REJECTED', `The chain refused the transaction: ${text.split('\n')[0]}`, { cause: error });
}

function codeFromText(message: string): number | undefined {
  const match = /custom program error: 0x([0-9a-f]+)/i.exec(message) ?? /"Custom":\s*(\d+)/.exec(message);
  if (match === null) return undefined;
  return Number.parseInt(match[1]!, message.includes('0x') ? 16 : 10);
}

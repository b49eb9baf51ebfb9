import { SendTransactionError } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { customErrorCode, explainProgramError } from '#programs/clients/ts/errors';
import { TOKEN_PROGRAM_ID } from '#programs/clients/ts/program-ids';

/** SPL Token's own error for a source account that holds too little. Other programs use the number for other things. */
const INSUFFICIENT_FUNDS = /Error: insufficient funds/;

/**
 * What the chain refused. Only a program's own, known "no" is final; whatever else an RPC server answers (behind,
 * overloaded, out of lamports for the fee) is CHAIN_UNAVAILABLE, which is worth another try.
 */
export function explainRefusal(error: unknown): CyxError {
  const logs = error instanceof SendTransactionError ? (error.logs ?? []) : [];
  if (logs.some((line) => INSUFFICIENT_FUNDS.test(line)) && logs.some((line) => line.startsWith(`Program ${TOKEN_PROGRAM_ID.toBase58()} failed`))) {
    return new CyxError('INSUFFICIENT_FUNDS', 'The wallet does not hold enough CYXWIZ', { cause: error });
  }
  const code = error instanceof SendTransactionError ? codeFromText(error.message) : customErrorCode(error);
  const known = code === undefined ? undefined : explainProgramError(code);
  if (known !== undefined) {
    return new CyxError('CHAIN_REJECTED', known.text, { facts: { programError: known.name }, cause: error });
  }
  return new CyxError('CHAIN_UNAVAILABLE', 'The chain does not take the transaction at the moment; it is tried again', { cause: error });
}

function codeFromText(message: string): number | undefined {
  const match = /custom program error: 0x([0-9a-f]+)/i.exec(message);
  return match === null ? undefined : Number.parseInt(match[1]!, 16);
}

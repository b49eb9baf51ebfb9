import { SendTransactionError } from '@solana/web3.js';
import { describe, expect, it } from 'vitest';
import { TOKEN_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { explainRefusal } from './explain.ts';

const refused = (transactionMessage: string, logs: string[] = []): SendTransactionError =>
  new SendTransactionError({ action: 'send', signature: '', transactionMessage, logs });

describe('a refused transaction', () => {
  it('is final where one of our programs said no', () => {
    expect(explainRefusal(refused('Error processing Instruction 0: custom program error: 0x3e8'))).toMatchObject({ code: 'CHAIN_REJECTED', facts: { programError: 'NotLocked' } });
    expect(explainRefusal({ InstructionError: [0, { Custom: 2003 }] })).toMatchObject({ code: 'CHAIN_REJECTED' });
  });

  it('is worth another try where the server could not take it', () => {
    for (const text of ['Node is behind by 42 slots', 'Transaction simulation failed: Blockhash not found', 'Attempt to debit an account but found no record of a prior credit.']) {
      expect(explainRefusal(refused(text)).code).toBe('CHAIN_UNAVAILABLE');
    }
  });

  it('is a poor wallet only where the token program says so: other programs use the same number', () => {
    const logs = ['Program log: Error: insufficient funds', `Program ${TOKEN_PROGRAM_ID.toBase58()} failed: custom program error: 0x1`];
    expect(explainRefusal(refused('custom program error: 0x1', logs)).code).toBe('INSUFFICIENT_FUNDS');
    expect(explainRefusal(refused('custom program error: 0x1', ['Program 11111111111111111111111111111111 failed: custom program error: 0x1'])).code).toBe('CHAIN_UNAVAILABLE');
  });
});

import { describe, expect, it } from 'vitest';
import { escrowBalance } from './escrow-balance.ts';

const lock = { from: 'wallet:me', to: 'escrow:e', amountBase: '50' };

describe('escrowBalance', () => {
  it('is what came in without what went out, and other accounts change nothing', () => {
    expect(escrowBalance([])).toBe(0n);
    expect(escrowBalance([lock])).toBe(50n);
    expect(escrowBalance([lock, { from: 'mint', to: 'wallet:me', amountBase: '9' }])).toBe(50n);
    expect(escrowBalance([lock, { from: 'escrow:e', to: 'wallet:node', amountBase: '45' }, { from: 'escrow:e', to: 'platform', amountBase: '5' }])).toBe(0n);
  });
});

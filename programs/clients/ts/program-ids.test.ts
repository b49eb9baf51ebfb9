import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ASSOCIATED_TOKEN_PROGRAM_ID as SPL_ASSOCIATED, TOKEN_PROGRAM_ID as SPL_TOKEN } from '@solana/spl-token';
import { Keypair } from '@solana/web3.js';
import { expect, test } from 'vitest';
import * as programIds from './program-ids.ts';

const rust = readFileSync(new URL('../../shared/src/ids.rs', import.meta.url), 'utf8');

test.each([
  ['deployer', programIds.LOCALNET_DEPLOYER],
  ['job-escrow', programIds.JOB_ESCROW_PROGRAM_ID],
  ['node-registry', programIds.NODE_REGISTRY_PROGRAM_ID],
  ['dataset-registry', programIds.DATASET_REGISTRY_PROGRAM_ID],
])('%s is derived from its published seed, here and in the programs', (name, published) => {
  const seed = createHash('sha256').update(`cyxwiz localnet ${name}`).digest();
  const derived = Keypair.fromSeed(seed).publicKey.toBase58();
  expect(published.toBase58()).toBe(derived);
  expect(rust).toContain(`"${derived}"`);
});

test('the token programs are the ones of @solana/spl-token', () => {
  expect(programIds.TOKEN_PROGRAM_ID.equals(SPL_TOKEN)).toBe(true);
  expect(programIds.ASSOCIATED_TOKEN_PROGRAM_ID.equals(SPL_ASSOCIATED)).toBe(true);
});

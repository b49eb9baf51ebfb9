import {
  address,
  appendTransactionMessageInstruction,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  generateKeyPairSigner,
  getSignatureFromTransaction,
  assertIsTransactionWithBlockhashLifetime,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChain, temporaryDir } from './support.ts';
import type { Localnet } from '../start-localnet.ts';

const dir = temporaryDir();
let chain: Localnet;
beforeAll(async () => {
  chain = await startChain(dir.path);
});
afterAll(async () => {
  await chain.close();
  dir.remove();
});

it('the newer JavaScript client airdrops, sends, confirms by subscription and reads back', async () => {
  const rpc = createSolanaRpc(chain.rpcUrl);
  const rpcSubscriptions = createSolanaRpcSubscriptions(chain.wsUrl);
  const payer = await generateKeyPairSigner();
  await rpc.requestAirdrop(payer.address, lamports(5_000_000_000n)).send();
  const { value: latest } = await rpc.getLatestBlockhash().send();
  const memo = {
    programAddress: address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'),
    data: new TextEncoder().encode('from kit'),
  };
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (empty) => setTransactionMessageFeePayerSigner(payer, empty),
    (paid) => setTransactionMessageLifetimeUsingBlockhash(latest, paid),
    (timed) => appendTransactionMessageInstruction(memo, timed),
  );
  const transaction = await signTransactionMessageWithSigners(message);
  assertIsTransactionWithBlockhashLifetime(transaction);
  await sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions })(transaction, { commitment: 'confirmed' });
  const signature = getSignatureFromTransaction(transaction);
  const read = await rpc.getTransaction(signature, { encoding: 'json', maxSupportedTransactionVersion: 0 }).send();
  expect(read?.meta?.logMessages?.join()).toContain('from kit');
  expect((await rpc.getAccountInfo(payer.address, { encoding: 'base64' }).send()).value).toMatchObject({
    lamports: 4_999_995_000n,
    space: 0n,
  });
});

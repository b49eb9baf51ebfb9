import { createAssociatedTokenAccountIdempotentInstruction, createMintToInstruction } from '@solana/spl-token';
import { Keypair, PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { recordTransfer } from '#db/postgres/ledger';
import { firstSteps, welcomeCreditKey } from '#db/postgres/onboarding';
import { findWallet, insertWallet } from '#db/postgres/wallets';
import { findAssociatedTokenAddress } from '#programs/clients/ts/pda';
import type { OnboardingActivities } from './contract.ts';
import { chainStep, type EscrowDeps } from './escrow/deps.ts';
import { asActivities } from './failure.ts';

export interface OnboardingDeps extends EscrowDeps {
  /** Set where new users get test tokens (the localnet): who mints them and how much. */
  readonly welcome: { readonly faucet: Keypair; readonly amountBase: bigint } | null;
  /** Tells the user's document about their wallet. */
  readonly attachWallet: (userId: string, address: string) => Promise<void>;
  /** Whether the user listed a machine. */
  readonly hasMachine: (userId: string) => Promise<boolean>;
}

export function createOnboardingActivities(deps: OnboardingDeps): OnboardingActivities {
  const { db, kms } = deps;
  return asActivities<OnboardingActivities>({
    createWallet: async ({ userId }) => {
      const existing = await findWallet(db, userId);
      const address = existing?.address ?? (await createManagedWallet());
      await deps.attachWallet(userId, address);
      return { address };

      async function createManagedWallet(): Promise<string> {
        const keypair = Keypair.generate();
        const secretWrapped = await kms.wrap(keypair.secretKey, 'wallet', userId);
        // Two workers may race here: the first wallet stays, and both get that one back.
        return (await insertWallet(db, { userId, address: keypair.publicKey.toBase58(), kind: 'managed', secretWrapped })).address;
      }
    },

    grantWelcomeCredit: async ({ userId }) => {
      if (deps.welcome === null) return { amountBase: '0' };
      const wallet = await findWallet(db, userId);
      if (wallet === null) throw new CyxError('STATE_CONFLICT', 'The user has no wallet yet');
      await mintWelcome(deps, deps.welcome, { userId, owner: new PublicKey(wallet.address) });
      return { amountBase: deps.welcome.amountBase.toString() };
    },

    hasFirstJobOrMachine: async ({ userId }) => {
      const { hasJobOrNode } = await firstSteps(db, userId);
      return hasJobOrNode || (await deps.hasMachine(userId));
    },
  });
}

async function mintWelcome(
  deps: OnboardingDeps,
  { faucet, amountBase }: NonNullable<OnboardingDeps['welcome']>,
  { userId, owner }: { userId: string; owner: PublicKey },
): Promise<void> {
  const { mint } = await deps.chain.deployment();
  const key = welcomeCreditKey(userId);
  const account = findAssociatedTokenAddress({ owner, mint });
  const landed = await chainStep(deps, {
    key,
    jobId: null,
    build: async () => ({
      instructions: [
        createAssociatedTokenAccountIdempotentInstruction(deps.chain.authority.publicKey, account, owner, mint),
        createMintToInstruction(mint, account, faucet.publicKey, amountBase),
      ],
      signers: [faucet],
    }),
  });
  await recordTransfer(deps.db, {
    transferKey: key,
    from: 'mint',
    to: `wallet:${owner.toBase58()}`,
    currency: 'CYXWIZ',
    amountBase: landed.tokenDeltaBase(account),
    purpose: 'welcome-credit',
    signature: landed.signature,
    userId,
  });
}

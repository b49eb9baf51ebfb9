import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIN_STAKE_BASE, slashAmount, type SlashReason } from '#core/money/split';
import { MIN_NODE_STAKE_BASE } from '#programs/clients/ts/node-registry';
import { balanceOf, donate, mustPass, tokenBalance } from '../support/tokens.ts';
import { onlyFromEscrow } from '../support/registry-calls.ts';
import { CYXWIZ, Job, committedJob, createWorld, hash, nodeState, type World } from '../support/world.ts';

function failOnce(world: World, index: number, ban = false) {
  const job = new Job(world, new Uint8Array(16).fill(index));
  mustPass(job.lock(1n));
  mustPass(job.assign());
  return job.fail(1, 'timeout', ban);
}

test('chain and core agree on the minimum stake', () => {
  expect(MIN_NODE_STAKE_BASE).toBe(MIN_STAKE_BASE);
});

describe('slash_stake', () => {
  onlyFromEscrow('slashStake');

  test('a slash below 100 CYXWIZ makes the node slashed; above it stays active', () => {
    const poor = createWorld();
    mustPass(failOnce(poor, 1));
    expect(nodeState(poor)).toMatchObject({ status: 'slashed', banned: false, stakeBase: 90n * CYXWIZ, slashedBase: 10n * CYXWIZ });
    const rich = createWorld({ stakeBase: 200n * CYXWIZ });
    mustPass(failOnce(rich, 1));
    expect(nodeState(rich)).toMatchObject({ status: 'active', stakeBase: 180n * CYXWIZ, lastEvidence: hash(5), failuresInARow: 1 });
  });

  test('only the third failure in a row may ban, and a ban takes everything', () => {
    const world = createWorld({ stakeBase: 1_000n * CYXWIZ });
    expect(failOnce(world, 1, true)).toMatchObject({ ok: false, fault: 'BanTooEarly' });
    const first = new Job(world, new Uint8Array(16).fill(1));
    mustPass(first.fail(1, 'timeout'));
    mustPass(failOnce(world, 2));
    mustPass(failOnce(world, 3, true));
    expect(nodeState(world)).toMatchObject({ status: 'banned', banned: true, stakeBase: 0n, slashedBase: 1_000n * CYXWIZ });
    expect(tokenBalance(world.chain, world.stakeVault)).toBe(0n);
    expect(balanceOf(world.chain, world.insuranceOwner, world.mint)).toBe(1_000n * CYXWIZ);
  });

  test('a banned node with another job open is paid for it, and a second failure takes nothing', () => {
    const world = createWorld({ stakeBase: 1_000n * CYXWIZ });
    const paid = committedJob(world, CYXWIZ, new Uint8Array(16).fill(50));
    const failing = new Job(world, new Uint8Array(16).fill(51));
    mustPass(failing.lock(CYXWIZ));
    mustPass(failing.assign());
    mustPass(failOnce(world, 1));
    mustPass(failOnce(world, 2));
    mustPass(failOnce(world, 3, true));
    mustPass(paid.release());
    mustPass(failing.fail(1, 'timeout'));
    expect(nodeState(world)).toMatchObject({ status: 'banned', stakeBase: 0n, open: [], exposureBase: 0n });
  });

  test('what was donated to the vault is no stake', () => {
    const world = createWorld();
    donate(world.chain, world.mint, world.stakeVault, 5n);
    mustPass(failOnce(world, 1));
    expect(tokenBalance(world.chain, world.stakeVault)).toBe(90n * CYXWIZ + 5n);
  });

  test('each step takes exactly what core publishes, for any stake', () => {
    const reasons: SlashReason[] = ['timeout', 'invalid'];
    const stakes = fc.bigInt({ min: MIN_STAKE_BASE, max: 2n ** 63n });
    fc.assert(
      fc.property(stakes, fc.constantFrom(...reasons), (stakeBase, reason) => {
        const world = createWorld({ stakeBase });
        const job = new Job(world);
        mustPass(job.lock(1n));
        mustPass(job.assign());
        if (reason === 'invalid') mustPass(job.commit());
        mustPass(job.fail(1, reason === 'invalid' ? 'invalid' : 'timeout'));
        expect(balanceOf(world.chain, world.insuranceOwner, world.mint)).toBe(slashAmount(stakeBase, reason));
        expect(nodeState(world).stakeBase).toBe(stakeBase - slashAmount(stakeBase, reason));
      }),
      { numRuns: 12 },
    );
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { Login, RestClient } from './rest-client.ts';

const ASK_AGAIN_MS = 250;

interface Patience {
  readonly withinMs: number;
  /** Once there is a wallet; left out, as long as for one. */
  readonly creditWithinMs?: number;
}

/** Whether the wallet holds so much; asked again for a while. */
export async function holdsInTime(rest: Pick<RestClient, 'walletBalanceBase'>, login: Login, amountBase: bigint, { withinMs, creditWithinMs = withinMs }: Patience): Promise<boolean> {
  let giveUpAtMs = Date.now() + withinMs;
  for (let hasWallet = false; ; await sleep(ASK_AGAIN_MS)) {
    const balanceBase = await rest.walletBalanceBase(login);
    if (balanceBase !== undefined && balanceBase >= amountBase) return true;
    if (balanceBase !== undefined && !hasWallet) giveUpAtMs = Math.min(giveUpAtMs, Date.now() + creditWithinMs);
    hasWallet ||= balanceBase !== undefined;
    if (Date.now() > giveUpAtMs) return false;
  }
}

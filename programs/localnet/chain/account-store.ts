import type { AccountImage } from './records.ts';

/**
 * The accounts as the journal has them on disk: every answer about accounts comes from here, so nobody ever sees a
 * state that a crash could take back. Accounts of the genesis (programs, sysvars) stay in the runtime.
 */
export class AccountStore {
  private readonly accounts = new Map<string, AccountImage>();
  private readonly byOwner = new Map<string, Set<string>>();

  get count(): number {
    return this.accounts.size;
  }

  get(address: string): AccountImage | undefined {
    return this.accounts.get(address);
  }

  *ownedBy(owner: string): Generator<AccountImage> {
    for (const address of this.byOwner.get(owner) ?? []) yield this.accounts.get(address)!;
  }

  all(): AccountImage[] {
    return [...this.accounts.values()];
  }

  apply(image: AccountImage): void {
    const before = this.accounts.get(image.address);
    const isGone = image.lamports === 0n;
    if (before !== undefined && (isGone || before.owner !== image.owner))
      this.byOwner.get(before.owner)?.delete(image.address);
    if (isGone) {
      this.accounts.delete(image.address);
      return;
    }
    this.accounts.set(image.address, image);
    const owned = this.byOwner.get(image.owner);
    if (owned === undefined) this.byOwner.set(image.owner, new Set([image.address]));
    else owned.add(image.address);
  }
}

import { z } from 'zod';
import { encodeAccount, type AccountView } from '../codec/account.ts';
import type { Chain } from '../chain/chain.ts';
import { accountTest } from './filters.ts';
import { method, withContext, type MethodTable } from './method.ts';
import { accountConfig, address, programConfig, readConfig, safeInteger } from './params.ts';

const MAX_ACCOUNTS = 100;

export const accountMethods: MethodTable = {
  getBalance: method(z.tuple([address, readConfig.nullish()]), ({ chain }, [key]) =>
    withContext(chain, chain.account(key)?.lamports ?? 0n),
  ),
  getAccountInfo: method(z.tuple([address, accountConfig.nullish()]), ({ chain }, [key, config]) =>
    withContext(chain, encodeOrNull(chain, key, config ?? {})),
  ),
  getMultipleAccounts: method(
    z.tuple([z.array(address).max(MAX_ACCOUNTS), accountConfig.nullish()]),
    ({ chain }, [keys, config]) =>
      withContext(
        chain,
        keys.map((key) => encodeOrNull(chain, key, config ?? {})),
      ),
  ),
  getProgramAccounts: method(z.tuple([address, programConfig.nullish()]), ({ chain }, [owner, config]) => {
    const view = config ?? {};
    const test = accountTest(config?.filters ?? []);
    const read = (key: string) => chain.account(key);
    const found = chain
      .ownedBy(owner)
      .filter(test)
      .map((image) => ({ pubkey: image.address, account: encodeAccount(image, view, read) }));
    return config?.withContext === true ? withContext(chain, found) : found;
  }),
  getMinimumBalanceForRentExemption: method(
    z.tuple([safeInteger.max(10 * 1024 * 1024), readConfig.nullish()]),
    ({ chain }, [sizeBytes]) => chain.svm.minimumBalance(sizeBytes),
  ),
};

function encodeOrNull(chain: Chain, key: string, view: AccountView): unknown {
  const image = chain.account(key);
  return image === undefined ? null : encodeAccount(image, view, (other) => chain.account(other));
}

import { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import type { AccountImage, TransactionRecord } from '../chain/records.ts';
import { encodeAccount, type AccountView } from '../codec/account.ts';
import { RpcError } from '../rpc/errors.ts';
import { accountTest } from '../rpc/filters.ts';
import { withContext } from '../rpc/method.ts';
import { accountConfig, address, parseParams, programConfig, readConfig, signature } from '../rpc/params.ts';

/** What a subscription says on an event; undefined is silence. `done` ends it, as a signature's does. */
interface Subscription {
  readonly kind: string;
  readonly onLanded?: (record: TransactionRecord) => unknown[];
  readonly onSlot?: (slot: number, parent: number) => unknown;
  readonly endsAfterOne?: boolean;
}

type Notify = (notification: Record<string, unknown>) => void;

type Opener = (chain: Chain, params: unknown) => Subscription;

const MAX_SUBSCRIPTIONS = 1000;

function opener<T extends z.ZodType>(
  schema: T,
  open: (chain: Chain, params: z.output<T>) => Omit<Subscription, 'kind'>,
  kind: string,
): Opener {
  return (chain, params) => ({ kind, ...open(chain, parseParams(schema, params)) });
}

const logsFilter = z.union([z.enum(['all', 'allWithVotes']), z.object({ mentions: z.array(address).length(1) })]);

const OPENERS: Readonly<Record<string, Opener>> = {
  account: opener(
    z.tuple([address, accountConfig.nullish()]),
    (chain, [key, config]) => ({
      onLanded: (record) =>
        record.images
          .filter((image) => image.address === key)
          .map((image) => withContext(chain, shown(chain, image, config ?? {}))),
    }),
    'account',
  ),
  program: opener(
    z.tuple([address, programConfig.nullish()]),
    (chain, [owner, config]) => {
      const test = accountTest(config?.filters ?? []);
      return {
        onLanded: (record) =>
          record.images
            .filter((image) => image.owner === owner && test(image))
            .map((image) => withContext(chain, { pubkey: image.address, account: shown(chain, image, config ?? {}) })),
      };
    },
    'program',
  ),
  logs: opener(
    z.tuple([logsFilter, readConfig.nullish()]),
    (chain, [filter]) => {
      const mentioned = typeof filter === 'string' ? undefined : filter.mentions[0];
      return {
        onLanded: ({ signature: one, error, logs, accountKeys }) =>
          mentioned === undefined || accountKeys.includes(mentioned)
            ? [withContext(chain, { signature: one, err: error, logs })]
            : [],
      };
    },
    'logs',
  ),
  signature: opener(
    z.tuple([signature, readConfig.extend({ enableReceivedNotification: z.boolean().nullish() }).nullish()]),
    (chain, [one]) => ({
      endsAfterOne: true,
      onLanded: (record) => (record.signature === one ? [withContext(chain, { err: record.error })] : []),
    }),
    'signature',
  ),
  slot: opener(z.tuple([]), () => ({ onSlot: (slot, parent) => ({ slot, parent, root: slot }) }), 'slot'),
  root: opener(z.tuple([]), () => ({ onSlot: (slot) => slot }), 'root'),
};

/** The subscriptions of one connection. */
export class Subscriptions {
  private readonly chain: Chain;
  private readonly notify: Notify;
  private readonly open = new Map<number, Subscription>();
  private nextId = 1;

  constructor(chain: Chain, notify: Notify) {
    this.chain = chain;
    this.notify = notify;
  }

  /** Answers `xSubscribe` and `xUnsubscribe`; undefined for any other method. */
  handle(method: string, params: unknown): { readonly result: unknown } | undefined {
    const [, kind, verb] = /^([a-z]+)(Subscribe|Unsubscribe)$/.exec(method) ?? [];
    const open = kind !== undefined && Object.hasOwn(OPENERS, kind) ? OPENERS[kind] : undefined;
    if (open === undefined) return undefined;
    if (verb === 'Unsubscribe') {
      const [id] = parseParams(z.tuple([z.number().int()]), params);
      if (this.open.delete(id)) return { result: true };
      throw new RpcError('invalidParams', 'Invalid subscription id.');
    }
    if (this.open.size >= MAX_SUBSCRIPTIONS)
      throw new RpcError('invalidRequest', `More than ${MAX_SUBSCRIPTIONS} subscriptions on one connection`);
    const id = this.nextId;
    this.nextId += 1;
    this.open.set(id, open(this.chain, params));
    if (kind === 'signature') this.tellIfLanded(id, (params as [string])[0]);
    return { result: id };
  }

  landed(record: TransactionRecord): void {
    for (const [id, subscription] of [...this.open])
      for (const result of subscription.onLanded?.(record) ?? []) this.send(id, subscription, result);
  }

  slot(slot: number, parent: number): void {
    for (const [id, subscription] of this.open) {
      const result = subscription.onSlot?.(slot, parent);
      if (result !== undefined) this.send(id, subscription, result);
    }
  }

  /** A signature that landed before anybody asked is told too, once the subscription's id has been answered. */
  private tellIfLanded(id: number, one: string): void {
    const entry = this.chain.history.get(one);
    if (entry === undefined) return;
    setImmediate(() => {
      const subscription = this.open.get(id);
      if (subscription !== undefined) this.send(id, subscription, withContext(this.chain, { err: entry.error }));
    });
  }

  private send(id: number, subscription: Subscription, result: unknown): void {
    if (subscription.endsAfterOne === true) this.open.delete(id);
    this.notify({ jsonrpc: '2.0', method: `${subscription.kind}Notification`, params: { result, subscription: id } });
  }
}

/** The image of this very transaction, not what the account has become since. */
function shown(chain: Chain, image: AccountImage, view: AccountView): Record<string, unknown> {
  return encodeAccount(image, view, (key) => chain.account(key));
}

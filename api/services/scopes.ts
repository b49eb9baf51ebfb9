import { CyxError } from '#core/errors/cyx-error';
import type { Scope } from '#core/identity/scopes';
import type { Actor, Services } from './types.ts';

type ScopeTable = { readonly [Part in keyof Services]?: { readonly [Method in keyof Services[Part]]?: Scope } };

/** The scope that each use case asks for. */
const SCOPE_OF: ScopeTable = {
  accounts: { get: 'read' },
  wallet: { get: 'read', getReconciled: 'read', transfers: 'read', transaction: 'read', ties: 'read', openEscrows: 'read', logins: 'read' },
  datasets: { register: 'jobs', list: 'read', page: 'read', get: 'read', open: 'jobs' },
  quotes: { get: 'read' },
  jobs: { submit: 'jobs', prepare: 'jobs', get: 'read', list: 'read', cancel: 'jobs', follow: 'read' },
  models: { list: 'read', page: 'read', get: 'read', open: 'jobs' },
  receipts: { get: 'read' },
  nodes: { list: 'read', listMine: 'read', getMine: 'read', earnings: 'read', slashes: 'read', setPaused: 'machines', beginUnstaking: 'machines', cancelUnstaking: 'machines', topUpStake: 'machines' },
  earnings: { byNode: 'read', byDay: 'read', transfers: 'read' },
  machines: { register: 'machines', list: 'read', setMaintenance: 'machines', setAllocation: 'machines', setUnitStatus: 'machines' },
  serverNodes: {
    register: 'machines',
    issueToken: 'machines',
    setDraining: 'machines',
    beginChallenge: 'machines',
    reportFilled: 'machines',
    commitAnswer: 'machines',
    revealAnswer: 'machines',
  },
};

type Method = (...args: unknown[]) => unknown;

/** The same use cases, closed to a program whose API key does not allow them. */
export function withScopes(services: Services): Services {
  const table = SCOPE_OF as Readonly<Record<string, Readonly<Record<string, Scope>> | undefined>>;
  const parts = Object.entries(services) as [string, Readonly<Record<string, Method>>][];
  const guarded = parts.map(([part, methods]) => {
    const calls = Object.entries(methods).map(([name, method]): [string, Method] => [
      name,
      (...args) => {
        requireScope(args[0], table[part]?.[name]);
        return method(...args);
      },
    ]);
    return [part, Object.fromEntries(calls)];
  });
  const closed: unknown = Object.fromEntries(guarded);
  return closed as Services;
}

function requireScope(first: unknown, scope: Scope | undefined): void {
  if (typeof first !== 'object' || first === null || !('scopes' in first)) return;
  const { scopes } = first as Actor;
  if (scopes === null || scopes === undefined || (scope !== undefined && scopes.includes(scope))) return;
  const needed = scope === undefined ? 'This needs your own login; an API key is not enough.' : `This API key may not do that. Make one with the scope "${scope}".`;
  throw new CyxError('FORBIDDEN', needed, scope === undefined ? {} : { facts: { scope } });
}

import { row, type Findings, type Result, type Say } from '../report.ts';
import { median, pairedRatio, spreadOf } from '../statistics.ts';
import { takeTurn, type Target, type Turn } from './load.ts';
import { startPeer } from './peer.ts';
import { startSite, type Site } from './site.ts';

export interface HttpBenchSizes {
  readonly rounds: number;
  /** Of each turn of a page. */
  readonly seconds: number;
  readonly connections: number;
  /** Logins in each round; each person may try 30 times a minute. */
  readonly logins: number;
}

const PEER = 'bare Fastify + Remix page';
const PEOPLE = 40;
const NOTES = [
  'a login is one Argon2id hash (19 MiB, 2 passes) and a signed token; its ratio to a page without either is for the record',
  'a failed request is one that was not answered, or not with 2xx; those are in no rate and in no latency',
  'load generator, site and peer share the machine’s cores',
];

/** Login, job list and job page under load, each in turns with a bare page on the same machine. */
export async function benchHttp({ rounds, ...sizes }: HttpBenchSizes, say: Say): Promise<Findings> {
  say('starting a platform of its own, with a trained job');
  const site = await startSite(PEOPLE);
  try {
    const peer = await startPeer();
    try {
      const bare = { url: peer.url, requests: [{ path: '/' }], connections: sizes.connections, turn: { seconds: sizes.seconds } };
      const targets = targetsOf(site, sizes);
      const turns = await takeTurns({ ...targets, bare }, rounds, say);
      const { bare: ofPeer, ...ours } = turns;
      return { results: [...Object.entries(ours).flatMap(([name, own]) => rowsOf(name, own, ofPeer!)), failures(turns)], notes: NOTES };
    } finally {
      await peer.stop();
    }
  } finally {
    await site.close();
  }
}

function targetsOf({ url, people, cookie, jobId }: Site, { seconds, connections, logins }: Omit<HttpBenchSizes, 'rounds'>): Record<string, Target> {
  const page = (path: string): Target => ({ url, requests: [{ path, headers: { cookie } }], connections, turn: { seconds } });
  const login = people.map(({ username, password }) => ({ method: 'POST' as const, path: '/api/auth/login', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ login: username, password }) }));
  return {
    login: { url, requests: login, connections, turn: { answers: logins } },
    'job list': page('/jobs'),
    'job page': page(`/jobs/${jobId}`),
  };
}

/** One turn of each in every round, in the opposite order in every second one. The first round warms up and is not counted. */
async function takeTurns(targets: Record<string, Target>, rounds: number, say: Say): Promise<Record<string, Turn[]>> {
  const turns: Record<string, Turn[]> = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    const order = Object.entries(targets);
    if (round % 2 === 1) order.reverse();
    for (const [name, target] of order) {
      const turn = await takeTurn(target);
      if (round > 0) turns[name]!.push(turn);
    }
    say(`round ${round} of ${rounds}${round === 0 ? ' (not counted)' : ''}`);
  }
  return turns;
}

function rowsOf(name: string, ours: readonly Turn[], peer: readonly Turn[]): Result[] {
  const of = (metric: string, unit: string, pick: (turn: Turn) => number): Result => {
    const pairs = ours.map((turn, index) => ({ ours: pick(turn), peer: pick(peer[index]!) }));
    const [own, others] = [pairs.map((pair) => pair.ours), pairs.map((pair) => pair.peer)];
    // Latencies are whole milliseconds: a peer's 0 ms is no divisor.
    const { ratio, spread } = others.every((value) => value > 0) ? pairedRatio(pairs) : { ratio: null, spread: spreadOf(own) };
    return row({ metric: `${name}: ${metric}`, unit, ours: median(own), peer: median(others), peerName: PEER, ratio, spread, n: pairs.length, goal: null, ok: null });
  };
  return [of('requests/s', '1/s', ({ perSecond }) => perSecond), of('p50', 'ms', ({ p50Ms }) => p50Ms), of('p99', 'ms', ({ p99Ms }) => p99Ms)];
}

function failures(turns: Record<string, readonly Turn[]>): Result {
  const all = Object.values(turns).flat();
  const failed = all.reduce((sum, turn) => sum + turn.failed, 0);
  const answers = all.reduce((sum, turn) => sum + turn.answers, 0);
  return row({ metric: 'failed requests', unit: 'requests', ours: failed, peer: null, peerName: null, ratio: null, spread: spreadOf(all.map((turn) => turn.failed)), n: answers + failed, goal: '0', ok: failed === 0 });
}

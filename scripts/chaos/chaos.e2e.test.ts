import { beforeAll, describe, expect, it } from 'vitest';
import type { ChaosReport } from './report.ts';
import { runCampaign } from './run/campaign.ts';

// A short chaos run: one node lies, one loses its worker, one its whole machine, and the platform's worker is killed.

const KINDS = ['lie:skips-steps', 'kill:node', 'kill:machine', 'kill:platform'];
/** With it each of the four kinds has a job of its own. */
const SEED = 38;

let report: ChaosReport;
const lines: string[] = [];
beforeAll(async () => {
  report = await runCampaign({ jobs: 4, seed: SEED, concurrency: 2, only: KINDS, say: (line) => lines.push(line) });
}, 600_000);

describe('jobs whose processes are killed and whose nodes lie', () => {
  it('are troubled in every way that was planned', () => {
    expect(Object.keys(report.kinds).sort()).toEqual([...KINDS].sort());
    expect(Object.values(report.kinds).map(({ missed }) => missed)).toEqual([0, 0, 0, 0]);
  });

  it('all complete, paid once and to the base unit', () => {
    expect(report.broken, lines.join('\n')).toEqual([]);
    expect(report).toMatchObject({ jobs: 4, completed: 4, refunded: 0, chargedTwice: 0, unaccountedBase: '0' });
  });

  it('cost the liar its stake and nobody else', () => {
    expect(report).toMatchObject({ liesTold: 1, liesCaught: 1, innocentSlashed: 0 });
  });

  it('do no more than one checkpoint interval again after a kill', () => {
    expect(report.maxStepsRepeated).toBeLessThanOrEqual(report.checkpointEvery);
    expect(report.ok).toBe(true);
  });
});

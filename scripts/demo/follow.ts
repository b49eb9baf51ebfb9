import pc from 'picocolors';
import type { JobUpdate } from '#api/client/node';
import { amount, fact, progressBar, say } from './terminal.ts';

/** What the stream told, for the report's times. */
export interface Story {
  readonly states: { state: string; at: Date }[];
  firstProgressAt?: Date;
  lastProgressAt?: Date;
  committedAt?: Date;
  verifiedAt?: Date;
}

/** Shows a job's updates as they come, until it ends. */
export async function followLive(updates: AsyncIterable<JobUpdate>): Promise<Story> {
  const story: Story = { states: [] };
  const bar = progressBar();
  for await (const update of updates) {
    if (update.kind === 'progress') {
      story.firstProgressAt ??= update.at;
      story.lastProgressAt = update.at;
      bar.show(update.progress);
      continue;
    }
    bar.end();
    if (update.kind === 'state') {
      story.states.push({ state: update.state, at: update.at });
      fact(update.at.toISOString().slice(11, 23), pc.bold(update.state));
    } else if (update.kind === 'transfer') {
      fact('', `${amount(update.transfer.amountBase)} ${update.transfer.purpose}  ${pc.dim(update.transfer.signature.slice(0, 20))}…`);
    } else {
      if (update.line.includes('committed on chain')) story.committedAt = update.at;
      if (update.line.startsWith('Verified')) story.verifiedAt = update.at;
      say(`  ${pc.dim(update.line)}`);
    }
  }
  return story;
}

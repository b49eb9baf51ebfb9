import { Ban, CircleCheck, CircleDashed, CircleX, Hourglass, LockKeyhole, Server, TrendingDown, type LucideIcon } from 'lucide-react';
import type { JobState } from '#core/job/machine';

export interface StateLook {
  readonly word: string;
  /** What the state means, in one sentence. */
  readonly meaning: string;
  readonly icon: LucideIcon;
  readonly tint: string;
}

/** How each state looks everywhere: a colour, an icon and a word, never the colour alone. */
export const STATE_LOOKS: Readonly<Record<JobState, StateLook>> = {
  CREATED: { word: 'Created', meaning: 'The job is written down; nothing is locked yet.', icon: CircleDashed, tint: 'tint-queued' },
  QUEUED: { word: 'Queued', meaning: 'Accepted; the tokens are being locked.', icon: Hourglass, tint: 'tint-queued' },
  ESCROWED: { word: 'Funds locked', meaning: 'The tokens are in the escrow; a node is being found.', icon: LockKeyhole, tint: 'tint-locked' },
  ASSIGNED: { word: 'Node assigned', meaning: 'A node took the job and fetches the data.', icon: Server, tint: 'tint-running' },
  RUNNING: { word: 'Training', meaning: 'The node trains the model.', icon: TrendingDown, tint: 'tint-running' },
  COMPLETED: { word: 'Completed', meaning: 'Checked and paid for; the model is yours.', icon: CircleCheck, tint: 'tint-verified' },
  FAILED: { word: 'Failed', meaning: 'It did not work out.', icon: CircleX, tint: 'tint-failed' },
  CANCELLED: { word: 'Cancelled', meaning: 'Stopped on request.', icon: Ban, tint: 'tint-refunded' },
};

/** The path of a job that goes well. */
export const HAPPY_PATH: readonly JobState[] = ['CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING', 'COMPLETED'];

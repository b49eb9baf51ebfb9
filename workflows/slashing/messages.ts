/** Input of `slashingWorkflow`, workflow id `slash-<nodeId>-<jobId>`: a child of the job. */
export interface SlashingInput {
  readonly jobId: string;
  readonly attempt: number;
  readonly nodeId: string;
  readonly outcome: 'timeout' | 'invalid';
  readonly reason: string;
}

/** Input of `stakeTopUpWorkflow`, workflow id `topup-<id of node and request>`: one request id adds to the stake once. */
export interface StakeTopUpInput {
  readonly nodeId: string;
  readonly ownerId: string;
  readonly requestId: string;
  /** Base units as a decimal string. */
  readonly amountBase: string;
}

export interface StakeTopUpResult {
  readonly nodeId: string;
  readonly amountBase: string;
  /** The whole stake afterwards. */
  readonly stakeBase: string;
  readonly signature: string;
}

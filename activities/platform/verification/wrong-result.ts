/** A check found that a result is not what the node claims, and whose work that is. It never leaves the verifier as an error. */
export class WrongResult extends Error {
  readonly blamedAttempt: number;

  constructor(blamedAttempt: number, reason: string) {
    super(reason);
    this.name = 'WrongResult';
    this.blamedAttempt = blamedAttempt;
  }
}

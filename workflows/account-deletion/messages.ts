/** Input of `accountDeletionWorkflow`, workflow id `delete-<userId>`. */
export interface AccountDeletionInput {
  readonly userId: string;
}

export interface AccountDeletionResult {
  readonly isDeleted: boolean;
  /** Why not, for people; empty where it was deleted. */
  readonly blockers: readonly string[];
}

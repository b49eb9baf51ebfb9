/** What operating system, PostgreSQL (SQLSTATE) and MongoDB call a server that is not there, or is just going away. */
const CODES = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08...|57P0[123]|53300)$/;
const NAMES = /^Mongo(Network|NetworkTimeout|ServerSelection|PoolCleared|NotConnected)Error$/;
/** The PostgreSQL driver gives these neither code nor name. */
const MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect)/;
const MOST_CAUSES = 10;

/** Whether an error, or what caused it, says that a part of the platform does not answer: trying again later may help. */
export function isOutage(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < MOST_CAUSES; cause = cause.cause, depth++) {
    const { code } = cause as { code?: unknown };
    if ((typeof code === 'string' && CODES.test(code)) || NAMES.test(cause.name) || MESSAGES.test(cause.message)) return true;
    // Several addresses of one host were tried.
    if (cause instanceof AggregateError && cause.errors.some(isOutage)) return true;
  }
  return false;
}

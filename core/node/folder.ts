/** What lies in the folder of a Server Node, by name: the node writes it, and the command line reads it. */
export const NODE_FILES = {
  /** Who the node is and whom it works for, with its machine's API key. */
  config: 'config.json',
  /** Its log, one JSON document a line; what came before it is in `oldLog`. */
  log: 'node.log',
  oldLog: 'node.log.1',
  /** The process that runs it, for as long as it does. */
  process: 'process.json',
  /** Somebody wants the process to leave once the node has handed back what it has. */
  leave: 'leave-when-drained',
} as const;

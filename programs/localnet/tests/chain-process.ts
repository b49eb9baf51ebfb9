import { startLocalnet } from '../start-localnet.ts';

/** Runs a chain on the directory named by the first argument, for tests that kill it. */
const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error('usage: chain-process DATA_DIR');
const { rpcUrl, wsUrl } = await startLocalnet({
  dataDir,
  rpcPort: 0,
  wsPort: 0,
  programs: [],
  snapshotEveryBytes: 64 * 1024,
  onFatal: (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
});
process.stdout.write(`${JSON.stringify({ rpcUrl, wsUrl })}\n`);

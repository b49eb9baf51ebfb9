// `npm test`: set-up (a moment when nothing changed), then every test.
import { setupOrExit } from './setup/main.mjs';

await setupOrExit();
const { runTests } = await import('./test/run.mjs');
process.exitCode = await runTests(process.argv.slice(2));

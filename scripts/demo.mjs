// `npm run demo`: set-up (a moment when nothing changed), then the main job from sign-up to the paid-for model.
import { setupOrExit } from './setup/main.mjs';

const startedAtMs = Date.now();
await setupOrExit();
const { register } = await import('tsx/esm/api');
register();
const { runDemo } = await import('./demo/main.ts');
process.exitCode = await runDemo(process.argv.slice(2), startedAtMs);

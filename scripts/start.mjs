// `npm start`: set-up (a moment when nothing changed), then the whole platform until Ctrl-C.
import { setupOrExit } from './setup/main.mjs';

await setupOrExit();
const { register } = await import('tsx/esm/api');
register();
await import('./stack/main.ts');

// A worker process of its own, to be killed: starts one run under the directory it is given and stays.
import { createSupervisor } from '../supervisor.ts';
import { fixtureCommand, fixtureSpec } from './fixture.ts';

const [root = '', jobId = ''] = process.argv.slice(2);
const supervisor = createSupervisor({ root, command: fixtureCommand });
await supervisor.start({ jobId, attempt: 1 }, Date.now() + 60_000, () => Promise.resolve(fixtureSpec(100)));
console.log('started');
setInterval(() => undefined, 1_000);

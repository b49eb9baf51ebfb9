import { rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '#temporal/codec/data-converter';

/** Writes the bundle of all workflows to the file that is named on the command line. */
const target = process.argv[2];
if (target === undefined) throw new Error('Name the file that the bundle goes to');
const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
const { code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath: FAILURE_CONVERTER_PATH });
const half = `${target}.${process.pid}`;
await writeFile(half, code);
await rename(half, target);

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { datasetMeta, encodeDataset } from '#engine/data/dataset';
import { splitDataset } from '#engine/data/split';
import { withClient, type CliContext } from '../context.ts';
import { readDataset } from '../training/local-data.ts';

export function dataCommand(context: () => CliContext): Command {
  return new Command('data')
    .description('datasets in CyxCloud')
    .addCommand(putCommand(context))
    .addCommand(getCommand(context))
    .addCommand(listCommand(context));
}

function putCommand(context: () => CliContext): Command {
  return new Command('put')
    .description('encrypt and store a dataset file (safetensors with x and y)')
    .argument('<file>')
    .option('--held-out <file>', 'data to judge the model by; without it a fifth of the dataset is set aside')
    .option('--name <name>')
    .action(async (file: string, options: { heldOut?: string; name?: string }) => {
      const all = await readDataset(file);
      const { training, heldOut } = options.heldOut === undefined ? splitDataset(all) : { training: all, heldOut: await readDataset(options.heldOut) };
      await withClient(context(), async (client) => {
        const stored = await client.data.put({
          train: encodeDataset(training),
          heldOut: encodeDataset(heldOut),
          meta: { name: options.name ?? file, heldOutSamples: heldOut.samples, ...datasetMeta(training) },
        });
        const { key: _key, heldOutKey: _heldOutKey, ...shown } = stored;
        context().print(shown, [stored.cid, `${stored.samples} samples to train on, ${stored.heldOutSamples} held out`]);
      });
    });
}

function getCommand(context: () => CliContext): Command {
  return new Command('get')
    .description('fetch and decrypt one of your datasets')
    .argument('<cid>')
    .requiredOption('-o, --output <file>')
    .action((cid: string, { output }: { output: string }) =>
      withClient(context(), async (client) => {
        const stream = await client.data.get(cid);
        // A download that breaks off leaves nothing under the name that was asked for.
        const half = `${output}.half`;
        try {
          await pipeline(Readable.fromWeb(stream as never), createWriteStream(half));
        } catch (error) {
          await rm(half, { force: true });
          throw error;
        }
        await rename(half, output);
        context().print({ cid, file: output }, [output]);
      }),
    );
}

function listCommand(context: () => CliContext): Command {
  return new Command('list').description('your datasets').action(() =>
    withClient(context(), async (client) => {
      const datasets = await client.data.list();
      context().print(datasets, datasets.map((dataset) => `${dataset.cid}  ${dataset.samples} samples  ${dataset.name}`));
    }),
  );
}

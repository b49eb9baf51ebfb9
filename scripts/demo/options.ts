import { Command } from 'commander';

export interface DemoOptions {
  /** Where the report goes as JSON. */
  readonly json?: string;
  /** Leave the platform up afterwards. */
  readonly keep: boolean;
}

export function parseOptions(argv: readonly string[]): DemoOptions {
  const command = new Command('npm run demo --')
    .description('Trains a digit recogniser on a rented machine: quote, escrow, training, verification, payment, download.')
    .option('--json <file>', 'write the report as JSON')
    .option('--keep', 'leave the platform up afterwards', false)
    .parse([...argv], { from: 'user' });
  const { json, keep } = command.opts<{ json?: string; keep: boolean }>();
  return { keep, ...(json === undefined ? {} : { json }) };
}

import type { Localnet, LocalnetOptions } from './options.ts';
import { CyxError } from '#core/errors/cyx-error';

export type { Localnet, LocalnetLog, LocalnetOptions, LocalnetProgram } from './options.ts';

/** Starts the chain on `dataDir` and listens; resolves when both ports answer. */
export async function startLocalnet(options: LocalnetOptions): Promise<Localnet> {
  throw new CyxError('UNAVAILABLE', `The localnet is being built (${options.dataDir}).`);
}

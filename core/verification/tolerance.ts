/**
 * On a device of the same name (device, architecture, library versions, threads, instruction sets) re-execution gives the
 * same bits, so there the hashes are compared. Where the names differ, sums are added up in another order: then every
 * value may differ by at most this, as |a − b| / max(1, |b|). Beyond it, on another device, there is no verdict at all.
 */
const TOLERANCE: Readonly<Record<'cpu' | 'cuda', number>> = { cpu: 1e-4, cuda: 1e-3 };

export function toleranceOf(deviceClass: string): number {
  return deviceClass.startsWith('cuda') ? TOLERANCE.cuda : TOLERANCE.cpu;
}

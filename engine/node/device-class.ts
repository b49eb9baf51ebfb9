import { describeGpu, describeProcessor } from './device-benchmark/machine.ts';
import type { RuntimeProfile } from './load-tensorflow.ts';

/**
 * Names everything that decides the last bits of a result on this machine: equal names, equal bits. On a GPU the
 * card's model stands for its architecture.
 */
export function nameDevice(profile: RuntimeProfile): string {
  const { architecture, instructionSets } = describeProcessor();
  const gpu = describeGpu(profile);
  return [
    profile.device,
    architecture,
    ...(gpu === undefined ? [] : [gpu.name]),
    `tensorflow ${profile.tensorflow}`,
    `tfjs ${profile.tfjs}`,
    `${profile.threads} threads`,
    profile.oneDnn ? 'oneDNN' : 'no oneDNN',
    instructionSets.join('+'),
  ].join(' · ');
}

/** The thread count in a name that `nameDevice` gave: who wants the same bits has to use as many. */
export function threadsOf(device: string): number | undefined {
  const count = / · (\d+) threads · /.exec(device)?.[1];
  return count === undefined ? undefined : Number(count);
}

import { z } from 'zod';

/**
 * What TensorFlow's CPU kernels choose by, the narrowest first: with another one, sums are split differently, so the last bits of
 * a result differ. `neon` is what every 64-bit ARM has.
 */
export const INSTRUCTION_SETS = ['sse4', 'avx', 'avx2', 'avx512', 'neon'] as const;
export type InstructionSet = (typeof INSTRUCTION_SETS)[number];

export const instructionSetSchema = z.enum(INSTRUCTION_SETS, { error: `must be one of ${INSTRUCTION_SETS.join(', ')}` });

/** The widest first; each needs all of its flags, as Linux, macOS and Windows spell them. */
const X86: readonly (readonly [InstructionSet, readonly RegExp[]])[] = [
  ['avx512', [/^avx512f$/]],
  // The kernels for AVX2 need fused multiply-add, which came with it.
  ['avx2', [/^avx2$/, /^fma3?$/]],
  ['avx', [/^avx(1\.0)?$/]],
  ['sse4', [/^sse4([._]?[12])?$/]],
];

/**
 * The instruction set that counts for results.
 *
 * @param architecture as Node names it: `x64`, `arm64`, …
 * @param flags as the system lists them; whatever their order and case.
 * @returns undefined where the system does not tell, or tells of nothing that the trainer's kernels run on.
 */
export function instructionSetOf(architecture: string, flags: readonly string[]): InstructionSet | undefined {
  if (architecture === 'arm64') return 'neon';
  if (architecture !== 'x64') return undefined;
  const lower = flags.map((flag) => flag.toLowerCase());
  return X86.find(([, needed]) => needed.every((pattern) => lower.some((flag) => pattern.test(flag))))?.[0];
}

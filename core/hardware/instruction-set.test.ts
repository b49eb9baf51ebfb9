import { describe, expect, it } from 'vitest';
import { instructionSetOf } from './instruction-set.ts';

describe('the instruction set that counts', () => {
  it.each([
    ['x64', 'sse2 ssse3 sse4_1 sse4_2 avx f16c fma avx2 avx512f avx512dq', 'avx512'],
    ['x64', 'sse4_1 sse4_2 avx fma avx2', 'avx2'],
    ['x64', 'sse4_1 sse4_2 avx avx2', 'avx'],
    ['x64', 'sse4_1 sse4_2 avx', 'avx'],
    ['x64', 'FPU SSE4.1 SSE4.2 AVX1.0', 'avx'],
    ['x64', 'SSE4.2 AVX1.0 FMA AVX2', 'avx2'],
    ['x64', 'sse2 sse4_1', 'sse4'],
    ['arm64', 'fp asimd evtstrm aes', 'neon'],
    ['arm64', '', 'neon'],
  ])('of %s with %s is %s', (architecture, flags, expected) => {
    expect(instructionSetOf(architecture, flags.split(' '))).toBe(expected);
  });

  it.each([
    ['x64', ''],
    ['x64', 'sse sse2 sse4a avx512bw'],
    ['ia32', 'avx2 fma'],
    ['riscv64', ''],
  ])('of %s with %s is not known', (architecture, flags) => {
    expect(instructionSetOf(architecture, flags.split(' '))).toBeUndefined();
  });
});

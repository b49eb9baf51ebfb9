/** What TensorFlow, V8, the C++ library and the system say where they were given no more memory. */
const WORDS =
  /OOM when allocating|RESOURCE_?EXHAUSTED|CUDA_ERROR_OUT_OF_MEMORY|failed to allocate memory|bad_alloc|out of memory|Array buffer allocation failed|Cannot allocate memory|ENOMEM/i;

export function saysOutOfMemory(text: string): boolean {
  return WORDS.test(text);
}

/** What a child reports of an error that is nobody's in particular. */
export function strayFailure(error: unknown): { readonly ok: false; readonly code: 'OUT_OF_MEMORY' | 'TRAINING_FAILED'; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, code: saysOutOfMemory(message) ? 'OUT_OF_MEMORY' : 'TRAINING_FAILED', message };
}

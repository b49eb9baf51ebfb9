import { multiply } from './gf256.ts';

/**
 * The inner loop of the erasure code as a WebAssembly SIMD function, assembled here: 16 products at a time by two
 * 16-byte table look-ups (low and high half of each byte), four output rows in one pass over the inputs.
 */
const OUTPUT_ROWS = 4;
/** Bytes of every row that are worked on at once: all rows of a block fit a core's second-level cache. */
export const BLOCK_BYTES = 16 * 1024;

const VECTOR_BYTES = 16;
/** One table pair for each output row. */
const TABLES_PER_INPUT_BYTES = OUTPUT_ROWS * 2 * VECTOR_BYTES;
const PAGE_BYTES = 64 * 1024;

// Local variables of the function; the first five are its parameters.
const INPUTS = 0;
const LENGTH = 1;
const TABLES = 2;
const OUTPUT = 3;
const OFFSET = 4;
const POINTER = 5;
const TABLE = 6;
const COUNT = 7;
const LOW = 8;
const HIGH = 9;
const FIRST_SUM = 10;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32 = (value: number): number[] => [0x41, ...signedLeb(value)];
const ADD = 0x6a;
const SUB = 0x6b;
const LESS_THAN = 0x49;
const LOOP = [0x03, 0x40];
const AGAIN_IF = [0x0d, 0x00];
const END = 0x0b;
const load = (offsetBytes: number): number[] => [0xfd, 0x00, 0x04, ...leb(offsetBytes)];
const store = (offsetBytes: number): number[] => [0xfd, 0x0b, 0x04, ...leb(offsetBytes)];
const SPLAT = [0xfd, 0x0f];
const SWIZZLE = [0xfd, 0x0e];
const AND = [0xfd, 0x4e];
const XOR = [0xfd, 0x51];
const SHIFT_RIGHT = [0xfd, 0x6d];

function body(): number[] {
  const rows = Array.from({ length: OUTPUT_ROWS }, (_, row) => row);
  const addProducts = rows.flatMap((row) => {
    const at = row * 2 * VECTOR_BYTES;
    const low = [...get(TABLE), ...load(at), ...get(LOW), ...SWIZZLE];
    const high = [...get(TABLE), ...load(at + VECTOR_BYTES), ...get(HIGH), ...SWIZZLE];
    return [...get(FIRST_SUM + row), ...low, ...XOR, ...high, ...XOR, ...set(FIRST_SUM + row)];
  });
  const eachInput = [
    ...LOOP,
    ...[...get(POINTER), ...load(0), ...i32(0x0f), ...SPLAT, ...AND, ...set(LOW)],
    ...[...get(POINTER), ...load(0), ...i32(4), ...SHIFT_RIGHT, ...set(HIGH)],
    ...addProducts,
    ...[...get(POINTER), ...i32(BLOCK_BYTES), ADD, ...set(POINTER)],
    ...[...get(TABLE), ...i32(TABLES_PER_INPUT_BYTES), ADD, ...set(TABLE)],
    ...[...get(COUNT), ...i32(1), SUB, 0x22, COUNT, ...AGAIN_IF],
    END,
  ];
  return [
    ...LOOP,
    ...rows.flatMap((row) => [...i32(0), ...SPLAT, ...set(FIRST_SUM + row)]),
    ...[...get(OFFSET), ...set(POINTER), ...get(TABLES), ...set(TABLE), ...get(INPUTS), ...set(COUNT)],
    ...eachInput,
    ...rows.flatMap((row) => [...get(OUTPUT), ...get(OFFSET), ADD, ...get(FIRST_SUM + row), ...store(row * BLOCK_BYTES)]),
    ...[...get(OFFSET), ...i32(VECTOR_BYTES), ADD, 0x22, OFFSET, ...get(LENGTH), LESS_THAN, ...AGAIN_IF],
    END,
    END,
  ];
}

/** A module that imports a memory and exports one function `f` of (inputs, length, tables, output, offset). */
function assemble(): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const locals = [2, 3, 0x7f, 2 + OUTPUT_ROWS, 0x7b];
  const code = [...locals, ...body()];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 5, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0]),
    ...section(2, [1, ...name('e'), ...name('m'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('f'), 0x00, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

type KernelFunction = (inputs: number, lengthBytes: number, tables: number, output: number, offset: number) => void;

/**
 * Multiplies rows by a matrix: output row r = sum over i of coefficients[r][i] · input i.
 * Inputs and outputs are of one length; at most OUTPUT_ROWS outputs.
 */
export class MatrixKernel {
  readonly #inputs: number;
  readonly #tablesAt: number;
  readonly #memory: Uint8Array;
  readonly #run: KernelFunction;

  constructor(inputs: number) {
    this.#inputs = inputs;
    this.#tablesAt = (inputs + OUTPUT_ROWS) * BLOCK_BYTES;
    const pages = Math.ceil((this.#tablesAt + inputs * TABLES_PER_INPUT_BYTES) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble()), { e: { m: memory } });
    this.#memory = new Uint8Array(memory.buffer);
    this.#run = instance.exports.f as KernelFunction;
  }

  apply(coefficients: readonly (readonly number[])[], inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void {
    this.#writeTables(coefficients);
    const lengthBytes = inputs[0]!.length;
    const outputAt = this.#inputs * BLOCK_BYTES;
    for (let start = 0; start < lengthBytes; start += BLOCK_BYTES) {
      const end = Math.min(start + BLOCK_BYTES, lengthBytes);
      for (const [index, input] of inputs.entries()) this.#memory.set(input.subarray(start, end), index * BLOCK_BYTES);
      this.#run(this.#inputs, end - start, this.#tablesAt, outputAt, 0);
      for (const [row, output] of outputs.entries()) {
        const at = outputAt + row * BLOCK_BYTES;
        output.set(this.#memory.subarray(at, at + end - start), start);
      }
    }
  }

  #writeTables(coefficients: readonly (readonly number[])[]): void {
    for (let input = 0; input < this.#inputs; input += 1) {
      for (let row = 0; row < OUTPUT_ROWS; row += 1) {
        const at = this.#tablesAt + input * TABLES_PER_INPUT_BYTES + row * 2 * VECTOR_BYTES;
        const coefficient = coefficients[row]?.[input] ?? 0;
        for (let half = 0; half < VECTOR_BYTES; half += 1) {
          this.#memory[at + half] = multiply(coefficient, half);
          this.#memory[at + VECTOR_BYTES + half] = multiply(coefficient, half << 4);
        }
      }
    }
  }
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** Constants here are not negative; the sign bit of the last group must be clear. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)];
}

/** Side of the matrices: all three fit into a core's own cache, so the core itself is what is timed. */
const SIDE = 192;
const RUN_MS = 300;
const RUNS = 5;

const left = Float32Array.from({ length: SIDE * SIDE }, (_, index) => (Math.imul(index + 1, 2_654_435_761) >>> 24) / 255);
const right = left.map((value) => 1 - value);
const product = new Float32Array(SIDE * SIDE);

function multiply(): void {
  for (let row = 0; row < SIDE * SIDE; row += SIDE) {
    product.fill(0, row, row + SIDE);
    for (let inner = 0; inner < SIDE; inner += 1) {
      const factor = left[row + inner]!;
      const from = inner * SIDE;
      for (let column = 0; column < SIDE; column += 1) product[row + column]! += factor * right[from + column]!;
    }
  }
}

/** Operations a second in one run; a multiplication and an addition are two. */
function run(): number {
  const startedMs = performance.now();
  let products = 0;
  for (; performance.now() - startedMs < RUN_MS; products += 1) multiply();
  return (products * 2 * SIDE ** 3) / ((performance.now() - startedMs) / 1_000);
}

// The best of some runs: whatever else the machine does can only make it slower. The first also warms the compiler up.
postMessage(Math.max(...Array.from({ length: RUNS }, run)));

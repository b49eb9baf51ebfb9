import type { GraphTensor } from './graph-builder.ts';

interface Entry {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  /** One function for each input, so that what nobody needs is not put into the graph. */
  readonly backward: readonly (((outputs: readonly (GraphTensor | undefined)[]) => GraphTensor | undefined) | undefined)[];
}

/** Remembers how tensors came about, to append the nodes that compute a gradient (reverse mode). */
export class Tape {
  #entries: Entry[] = [];
  #isRecording = false;

  get isRecording(): boolean {
    return this.#isRecording;
  }

  start(): void {
    this.#entries = [];
    this.#isRecording = true;
  }

  /** Notes a node with one output: a function of the output's gradient for each input, or undefined for one without gradient. */
  record(inputs: readonly GraphTensor[], output: GraphTensor, backward: readonly (((dy: GraphTensor) => GraphTensor) | undefined)[]): GraphTensor {
    const first = backward.map((one) => one && (([dy]: readonly (GraphTensor | undefined)[]) => dy && one(dy)));
    this.recordMany(inputs, [output], first);
    return output;
  }

  /** As `record`, for a node with several outputs. */
  recordMany(inputs: readonly GraphTensor[], outputs: readonly GraphTensor[], backward: Entry['backward']): void {
    const given = new Set(inputs.map(({ ref }) => ref));
    if (outputs.some(({ ref }) => given.has(ref))) throw new TypeError('an operation that gives its own input has no gradient to note');
    if (this.#isRecording) this.#entries.push({ inputs, outputs, backward });
  }

  /**
   * Ends the recording and appends the gradient of the scalar `loss` by each of `sources`; undefined where the loss does
   * not depend on one. `add` sums up what comes back over several ways, `seed` is the loss's own gradient, 1.
   */
  gradients(loss: GraphTensor, sources: readonly GraphTensor[], seed: GraphTensor, add: (a: GraphTensor, b: GraphTensor) => GraphTensor): (GraphTensor | undefined)[] {
    this.#isRecording = false;
    const needed = new Set(sources.map(({ ref }) => ref));
    for (const { inputs, outputs, backward } of this.#entries) {
      if (inputs.some(({ ref }, at) => needed.has(ref) && backward[at] !== undefined)) for (const { ref } of outputs) needed.add(ref);
    }
    const gradients = new Map([[loss.ref, seed]]);
    for (const { inputs, outputs, backward } of this.#entries.reverse()) {
      const given = outputs.map(({ ref }) => gradients.get(ref));
      if (given.every((gradient) => gradient === undefined)) continue;
      for (const [at, { ref }] of inputs.entries()) {
        if (!needed.has(ref)) continue;
        const gradient = backward[at]?.(given);
        const before = gradients.get(ref);
        if (gradient !== undefined) gradients.set(ref, before === undefined ? gradient : add(before, gradient));
      }
    }
    this.#entries = [];
    return sources.map(({ ref }) => gradients.get(ref));
  }
}

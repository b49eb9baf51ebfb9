/** The numbers that steer an optimizer besides its learning rate. */
export interface OptimizerConstants {
  readonly momentum: number;
  readonly rho: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}
export type ConstantName = keyof OptimizerConstants;

export interface OptimizerSpec {
  /** One line for people who choose an optimizer. */
  readonly summary: string;
  /** Its constants with their defaults, which are Keras'; all optimizers know `weightDecay`. */
  readonly constants: Readonly<Partial<OptimizerConstants>> & Pick<OptimizerConstants, 'weightDecay'>;
}

/**
 * The optimizers. With gradient g, learning rate r and weight w; a decay first takes r·weightDecay·w off:
 *
 * - `sgd`: w −= r·g
 * - `momentum`: a = momentum·a − r·g; w += a. `nesterov`: the same a; w += momentum·a − r·g
 * - `rmsprop`: s = rho·s + (1 − rho)·g²; a = momentum·a + r·g/√(s + epsilon); w −= a
 * - `adam`, `adamw`: m = beta1·m + (1 − beta1)·g; v = beta2·v + (1 − beta2)·g²;
 *   w −= r·√(1 − beta2ᵗ)/(1 − beta1ᵗ)·m/(√v + epsilon) (Kingma and Ba 2015, end of section 2)
 */
export const OPTIMIZER_TABLE = {
  sgd: { summary: 'Plain gradient descent', constants: { weightDecay: 0 } },
  momentum: { summary: 'Gradient descent that keeps going', constants: { momentum: 0.9, weightDecay: 0 } },
  nesterov: { summary: 'Momentum that looks ahead', constants: { momentum: 0.9, weightDecay: 0 } },
  rmsprop: { summary: 'A step size for each weight', constants: { rho: 0.9, momentum: 0, epsilon: 1e-7, weightDecay: 0 } },
  adam: { summary: 'Momentum and a step size for each weight', constants: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 } },
  adamw: { summary: 'Adam with weights that shrink', constants: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.004 } },
} as const satisfies Readonly<Record<string, OptimizerSpec>>;

export type OptimizerName = keyof typeof OPTIMIZER_TABLE;
export const OPTIMIZERS = Object.keys(OPTIMIZER_TABLE) as [OptimizerName, ...OptimizerName[]];

const NOUGHT: OptimizerConstants = { momentum: 0, rho: 0, beta1: 0, beta2: 0, epsilon: 0, weightDecay: 0 };

type Chosen = { readonly [Name in ConstantName]?: number | undefined };

/** All constants of one run: chosen ones over the defaults; 0 for those the optimizer does not use. */
export function constantsOf(optimizer: OptimizerName, chosen: Chosen): OptimizerConstants {
  const defaults: OptimizerConstants = { ...NOUGHT, ...OPTIMIZER_TABLE[optimizer].constants };
  const names = Object.keys(NOUGHT) as ConstantName[];
  return Object.fromEntries(names.map((name) => [name, chosen[name] ?? defaults[name]])) as unknown as OptimizerConstants;
}

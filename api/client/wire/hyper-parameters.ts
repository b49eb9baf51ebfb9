import { z } from 'zod';
import type { HyperParameters, hyperParametersSchema } from '#core/graph/hyper-parameters';

/** `warmUpSteps` → `warm_up_steps`. */
type Snake<Name extends string> = Name extends `${infer Head}${infer Tail}` ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}` : '';

const scheduleJson = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  z.strictObject({ kind: z.literal('step'), every_steps: z.number(), factor: z.number().optional() }),
  z.strictObject({ kind: z.literal('cosine'), final_factor: z.number().optional() }),
  z.strictObject({
    kind: z.literal('oneCycle'),
    warm_up_share: z.number().optional(),
    start_divisor: z.number().optional(),
    final_divisor: z.number().optional(),
  }),
]);

/**
 * Core's hyper-parameters in REST's spelling. Only names and types: the services check the values. It does not compile
 * while core knows one that is not named here.
 */
export const hyperParametersJson = z.strictObject({
  epochs: z.number(),
  batch_size: z.number(),
  learning_rate: z.number(),
  optimizer: z.string().optional(),
  seed: z.number().optional(),
  momentum: z.number().optional(),
  rho: z.number().optional(),
  beta1: z.number().optional(),
  beta2: z.number().optional(),
  epsilon: z.number().optional(),
  weight_decay: z.number().optional(),
  schedule: scheduleJson.optional(),
  warm_up_steps: z.number().optional(),
  clip_norm: z.number().optional(),
  clip_value: z.number().optional(),
  mixed_precision: z.boolean().optional(),
} satisfies Record<Snake<keyof HyperParameters>, z.ZodType>);

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string): string => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [rename(name), renamed(inner, rename)]));
}

export function hyperParametersToJson(values: z.input<typeof hyperParametersSchema>): z.input<typeof hyperParametersJson> {
  return renamed(values, toSnake) as z.input<typeof hyperParametersJson>;
}

/** Values are still unchecked. */
export function hyperParametersFromJson(json: z.output<typeof hyperParametersJson>): HyperParameters {
  return renamed(json, toCamel) as HyperParameters;
}

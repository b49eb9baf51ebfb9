import { z } from 'zod';
import { hyperParametersSchema, type HyperParameters } from '#core/graph/hyper-parameters';
import { scheduleSchema } from '#core/graph/schedule';

/** `warmUpSteps` → `warm_up_steps`. */
type Snake<Name> = Name extends `${infer Head}${infer Tail}` ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}` : '';
type SnakeShape<Shape> = { [Name in keyof Shape as Snake<Name>]: Shape[Name] };

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string): string => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [rename(name), renamed(inner, rename)]));
}

/** The same fields with the same bounds, under REST's names. */
function inSnakeCase<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<SnakeShape<Shape>, z.core.$strict> {
  const fields = Object.fromEntries(Object.entries(shape).map(([name, field]) => [toSnake(name), field]));
  return z.strictObject(fields) as unknown as z.ZodObject<SnakeShape<Shape>, z.core.$strict>;
}

const [constant, step, cosine, oneCycle] = scheduleSchema.options;
const scheduleJson = z.discriminatedUnion('kind', [inSnakeCase(constant.shape), inSnakeCase(step.shape), inSnakeCase(cosine.shape), inSnakeCase(oneCycle.shape)]);

/** Core's hyper-parameters in REST's spelling. How they go together is checked by the services. */
export const hyperParametersJson = inSnakeCase(hyperParametersSchema.shape).extend({ schedule: scheduleJson.optional() });

type Json = z.output<typeof hyperParametersJson>;

export function hyperParametersToJson(values: HyperParameters): Json;
export function hyperParametersToJson(values: z.input<typeof hyperParametersSchema>): z.input<typeof hyperParametersJson>;
export function hyperParametersToJson(values: z.input<typeof hyperParametersSchema>): z.input<typeof hyperParametersJson> {
  return renamed(values, toSnake) as Json;
}

export function hyperParametersFromJson(json: z.output<typeof hyperParametersJson>): HyperParameters {
  return renamed(json, toCamel) as HyperParameters;
}

import { z } from 'zod';

/** Parameters of a layer that has none. */
export type NoParams = Readonly<Record<string, never>>;

export const noParamsSchema: z.ZodType<NoParams> = z.strictObject({});

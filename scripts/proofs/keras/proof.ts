import { referencePython } from '../../reference/environment.ts';
import { Keras } from '../../reference/keras.ts';
import { nodeSide } from '../../reference/node-side.ts';
import { tfjsSide } from '../../reference/sides.ts';
import type { Check } from './check.ts';
import { describeCheck } from './check.ts';
import { proveCurves } from './curves.ts';
import { proveNoLeak, proveRepetition, proveResumption } from './determinism.ts';
import { proveRandomGraphs } from './graphs.ts';
import { proveLayers, type Parts } from './layers.ts';

const PARTS = ['layers', 'graphs', 'curves', 'determinism', 'leak'] as const;
type Part = (typeof PARTS)[number];

export interface KerasProofSizes {
  readonly python?: string;
  readonly seed: number;
  readonly threads: number;
  readonly graphs: number;
  readonly curveSteps: number;
  readonly runs: number;
  readonly interruptions: number;
  readonly soakSteps: number;
  readonly only?: readonly string[];
}

interface Proof {
  readonly checks: readonly Check[];
  readonly versions: object;
}

/** All parts, or the chosen ones; each is shown as it ends. */
export async function proveAgainstKeras(sizes: KerasProofSizes, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Proof> {
  const unknown = sizes.only?.find((name) => !PARTS.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`there is no part "${unknown}"; choose of ${PARTS.join(', ')}`);
  const keras = new Keras(await referencePython({ python: sizes.python, log: say }), { threads: sizes.threads, env });
  try {
    const versions = await keras.version();
    const parts: Parts = { keras, sides: { graph: nodeSide(sizes.threads), tfjs: await tfjsSide() }, seed: sizes.seed };
    const checks: Check[] = [];
    for (const part of PARTS) {
      if (sizes.only !== undefined && !sizes.only.includes(part)) continue;
      say(`proving ${part}`);
      const found = await prove(part, parts, { sizes, env });
      found.flatMap(describeCheck).forEach(say);
      checks.push(...found);
    }
    return { checks, versions };
  } finally {
    await keras.close();
  }
}

async function prove(part: Part, parts: Parts, { sizes, env }: { sizes: KerasProofSizes; env: NodeJS.ProcessEnv }): Promise<Check[]> {
  const { threads, seed } = sizes;
  switch (part) {
    case 'layers':
      return proveLayers(parts);
    case 'graphs':
      return proveRandomGraphs(parts, sizes.graphs);
    case 'curves':
      return proveCurves(parts, sizes.curveSteps);
    case 'determinism': {
      const { check, expected } = await proveRepetition({ threads, env, seed }, sizes.runs);
      return [check, await proveResumption({ threads, env, seed }, sizes.interruptions, expected)];
    }
    case 'leak':
      return proveNoLeak({ threads, env, seed }, sizes.soakSteps);
  }
}

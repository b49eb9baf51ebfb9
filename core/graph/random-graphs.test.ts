import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CyxError } from '../errors/cyx-error.ts';
import { canonicalGraphJson } from './canonical.ts';
import { topologicalOrder } from './order.ts';
import { parseGraph } from './parse.ts';
import { countFlops, countParameters, inferShapes } from './shapes.ts';
import { LAYER_TYPES } from './layers/table.ts';
import { randomGraph, type RawGraph } from './testing/graphs.ts';
import { randomModel, typesIn } from './testing/random-models.ts';

function codeOf(input: unknown): string {
  try {
    parseGraph(input);
    return 'accepted';
  } catch (error) {
    return error instanceof CyxError ? error.code : 'another error';
  }
}

const anyGraph: fc.Arbitrary<RawGraph> = fc.oneof(randomGraph, fc.nat({ max: 100_000 }).map((seed) => randomModel(seed).raw));

/** The graph with its lists in another order and its objects' keys turned round. */
const shuffled = (graph: RawGraph): fc.Arbitrary<RawGraph> =>
  fc
    .tuple(
      fc.shuffledSubarray(graph.nodes, { minLength: graph.nodes.length }),
      fc.shuffledSubarray(graph.edges, { minLength: graph.edges.length }),
    )
    .map(([nodes, edges]) => ({
      edges: edges.map(({ from, to, ...order }) => ({ ...order, to, from })),
      nodes: nodes.map(({ id, type, params }) => ({ params: Object.fromEntries(Object.entries(params).reverse()), type, id })),
      version: 1,
    }));

describe('any valid graph', () => {
  it('is accepted, and its canonical text says the same again', () => {
    fc.assert(
      fc.property(anyGraph, (raw) => {
        const graph = parseGraph(raw);
        const text = canonicalGraphJson(graph);
        expect(canonicalGraphJson(parseGraph(text))).toBe(text);
        expect(countParameters(parseGraph(text))).toEqual(countParameters(graph));
      }),
    );
  });

  it('means the same in whatever order it is written', () => {
    fc.assert(
      fc.property(
        anyGraph.chain((raw) => fc.tuple(fc.constant(raw), shuffled(raw))),
        ([raw, other]) => {
          expect(canonicalGraphJson(parseGraph(other))).toBe(canonicalGraphJson(parseGraph(raw)));
          expect(inferShapes(parseGraph(other))).toEqual(inferShapes(parseGraph(raw)));
          expect(countFlops(parseGraph(other))).toBe(countFlops(parseGraph(raw)));
        },
      ),
    );
  });

  it('runs each layer after those that feed it', () => {
    fc.assert(
      fc.property(anyGraph, (raw) => {
        const graph = parseGraph(raw);
        const place = new Map(topologicalOrder(graph).map((node, index) => [node.id, index]));
        expect(place.size).toBe(graph.nodes.length);
        for (const { from, to } of graph.edges) expect(place.get(from)).toBeLessThan(place.get(to) ?? -1);
      }),
    );
  });

  it('is refused with any edge taken away or any turned back', () => {
    fc.assert(
      fc.property(randomGraph, fc.nat(), (raw, pick) => {
        const at = pick % raw.edges.length;
        const edges = raw.edges.filter((_, index) => index !== at);
        expect(codeOf({ ...raw, edges })).toBe('GRAPH_INVALID');
        const { from, to } = raw.edges[at] ?? { from: '', to: '' };
        expect(codeOf({ ...raw, edges: [...raw.edges, { from: to, to: from }] })).toBe('GRAPH_INVALID');
      }),
    );
  });
});

describe('200 models of every layer', () => {
  const models = Array.from({ length: 200 }, (_, seed) => randomModel(seed));

  it('are all valid, leave no layer out and are the same each time', () => {
    for (const { raw } of models) expect(codeOf(raw)).toBe('accepted');
    expect([...typesIn(models)]).toEqual(LAYER_TYPES);
    expect(randomModel(17)).toEqual(models[17]);
  });

  it('branch and merge', () => {
    const branching = models.filter(({ raw }) => raw.edges.length >= raw.nodes.length);
    expect(branching.length).toBeGreaterThan(100);
  });
});

describe('anything at all', () => {
  it('is accepted or refused with GRAPH_INVALID, never anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true }), fc.json(), fc.record({ version: fc.constant(1), nodes: fc.anything(), edges: fc.anything() })), (input) => {
        expect(codeOf(input)).toBe('GRAPH_INVALID');
      }),
    );
  });
});

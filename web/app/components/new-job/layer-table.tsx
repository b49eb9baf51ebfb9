import { useMemo } from 'react';
import { CyxError } from '#core/errors/cyx-error';
import { parseGraph } from '#core/graph/parse';
import { inferShapes, type LayerFacts } from '#core/graph/shapes';
import { countText } from '../../lib/format.ts';

type Reading = { readonly layers: readonly LayerFacts[] } | { readonly problem: string };

/** Each layer with the shape it puts out and what it has to learn, checked by the same code as on submit. */
export function LayerTable({ graphJson }: { graphJson: string }) {
  const reading = useMemo(() => read(graphJson), [graphJson]);
  if (reading === null) return null;
  if ('problem' in reading) return <p className="rounded-md border border-dashed px-3 py-2 text-xs text-failed">{reading.problem}</p>;
  const total = reading.layers.reduce((sum, { weights }) => sum + weights.trainable, 0);
  return (
    <div className="overflow-x-auto rounded-md border">
      <table className="w-full text-xs">
        <caption className="sr-only">Layers of the model</caption>
        <thead className="bg-sunken/60 text-left text-muted">
          <tr>
            <th scope="col" className="px-3 py-1.5 font-medium">
              Layer
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              Output
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Weights
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {reading.layers.map(({ node, output, weights }) => (
            <tr key={node.id}>
              <td className="px-3 py-1.5">{node.type}</td>
              <td className="figure px-3 py-1.5">{output.join(' × ')}</td>
              <td className="figure px-3 py-1.5 text-right">{weights.trainable === 0 ? '–' : countText(weights.trainable)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="border-t font-medium">
          <tr>
            <td className="px-3 py-1.5" colSpan={2}>
              In total
            </td>
            <td className="figure px-3 py-1.5 text-right">{countText(total)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function read(graphJson: string): Reading | null {
  if (graphJson.trim() === '') return null;
  try {
    return { layers: inferShapes(parseGraph(graphJson)) };
  } catch (error) {
    if (error instanceof CyxError) return { problem: error.message };
    throw error;
  }
}

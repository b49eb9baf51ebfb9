import { useEffect, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { createCurve, type CurveLook } from './curve-plot.ts';

interface CurveChartProps {
  readonly title: string;
  /** Epochs, whole ones at the grid lines. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly epochs: number;
  readonly look: CurveLook;
  /** Charts of one group move their cursors together. */
  readonly group: string;
  readonly format: (value: number) => string;
}

/** One live series on measuring paper. Its frame keeps its size from the first paint on. */
export function CurveChart({ title, x, y, epochs, look, group, format }: CurveChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const latest = useRef({ x, y });
  latest.current = { x, y };

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let dispose = (): void => undefined;
    let gone = false;
    void import('uplot').then(({ default: Plot }) => {
      if (gone) return;
      const made = createCurve(Plot, element, { look, group, epochs, onPoint: setPointed });
      plot.current = made.plot;
      dispose = made.dispose;
      made.plot.setData([[...latest.current.x], [...latest.current.y]]);
    });
    return () => {
      gone = true;
      plot.current = null;
      dispose();
    };
  }, [look, group, epochs]);

  useEffect(() => {
    plot.current?.setData([[...x], [...y]]);
  }, [x, y]);

  const index = pointed ?? y.length - 1;
  const shown = y[index];
  return (
    <figure className="min-w-0">
      <figcaption className="flex items-baseline justify-between gap-3 px-1">
        <span className="eyebrow">{title}</span>
        <span className="figure text-lg font-medium">{shown === undefined ? '–' : format(shown)}</span>
      </figcaption>
      <div className="relative mt-1 h-44 sm:h-52">
        <div ref={box} role="img" aria-label={summary(title, y, format)} className="absolute inset-0" />
        {y.length === 0 && (
          <p className="absolute inset-0 grid place-items-center rounded-md border border-dashed text-xs text-muted">
            Starts with the first step
          </p>
        )}
      </div>
    </figure>
  );
}

function summary(title: string, y: readonly number[], format: (value: number) => string): string {
  const first = y[0];
  const last = y[y.length - 1];
  if (first === undefined || last === undefined) return `${title}: no values yet`;
  return `${title}: from ${format(first)} at the start to ${format(last)} now`;
}

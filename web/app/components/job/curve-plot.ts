import type uPlot from 'uplot';
import { percentText } from '../../lib/format.ts';

/** Which token draws the line. */
export type CurveLook = 'loss' | 'accuracy';

const LINE_TOKENS: Readonly<Record<CurveLook, string>> = { loss: '--color-accent', accuracy: '--color-ink' };

interface CurveOptions {
  readonly look: CurveLook;
  readonly group: string;
  readonly epochs: number;
  /** Index of the point under the cursor; null when it leaves. */
  readonly onPoint: (index: number | null) => void;
}

/** Builds the plot inside `element` and keeps it at its size and in the colours of the theme. */
export function createCurve(Plot: typeof uPlot, element: HTMLElement, options: CurveOptions): { plot: uPlot; dispose: () => void } {
  const colours = readColours(element, options.look);
  const plot = new Plot(plotOptions(Plot, element, options, colours), [[], []], element);
  const resized = new ResizeObserver(() => plot.setSize(sizeOf(element)));
  resized.observe(element);
  const repaint = (): void => {
    Object.assign(colours, readColours(element, options.look));
    plot.redraw(false);
  };
  const themed = new MutationObserver(repaint);
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', repaint);
  return {
    plot,
    dispose: () => {
      resized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', repaint);
      plot.destroy();
    },
  };
}

interface Colours {
  line: string;
  fill: string;
  grid: string;
  text: string;
}

/** Tokens are light-dark() pairs; only a property that uses one tells which side holds now. */
function readColours(element: HTMLElement, look: CurveLook): Colours {
  const probe = element.ownerDocument.createElement('i');
  element.append(probe);
  const read = (expression: string): string => {
    probe.style.color = expression;
    return getComputedStyle(probe).color;
  };
  const line = `var(${LINE_TOKENS[look]})`;
  const colours = {
    line: read(line),
    fill: read(`color-mix(in srgb, ${line} ${look === 'loss' ? 9 : 5}%, transparent)`),
    grid: read('var(--color-line)'),
    text: read('var(--color-muted)'),
  };
  probe.remove();
  return colours;
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: element.clientWidth, height: element.clientHeight };
}

function plotOptions(Plot: typeof uPlot, element: HTMLElement, options: CurveOptions, colours: Colours): uPlot.Options {
  const { look, group, epochs, onPoint } = options;
  const axis = {
    stroke: () => colours.text,
    font: '11px "JetBrains Mono Variable", monospace',
    grid: { stroke: () => colours.grid, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  return {
    ...sizeOf(element),
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, sync: { key: group }, points: { size: 7, fill: () => colours.line, stroke: () => colours.line } },
    scales: {
      x: { time: false, range: [0, Math.max(1, epochs)] },
      y: { range: look === 'accuracy' ? accuracyRange : lossRange },
    },
    axes: [
      { ...axis, size: 26, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      { ...axis, size: 44, space: 34, values: (_plot, ticks) => ticks.map(tickText(look)) },
    ],
    series: [
      {},
      { stroke: () => colours.line, fill: () => colours.fill, width: 1.75, points: lonePoint(colours), paths: Plot.paths.linear?.() },
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}

/** One value alone makes no line, and would not be seen without a mark. */
function lonePoint(colours: Colours): uPlot.Series.Points {
  return { show: ({ data }) => data[0].length === 1, size: 6, width: 0, fill: () => colours.line, stroke: () => colours.line };
}

function tickText(look: CurveLook): (value: number) => string {
  if (look === 'accuracy') return (value) => percentText(value, 0);
  return (value) => (Number.isInteger(value * 10) ? value.toFixed(1) : String(Number(value.toPrecision(3))));
}

/** From the worst value seen up to 100 %. */
function accuracyRange(_plot: uPlot, min: number): [number, number] {
  return [Number.isFinite(min) ? Math.max(0, Math.floor(min * 10 - 0.2) / 10) : 0, 1];
}

function lossRange(_plot: uPlot, _min: number, max: number): [number, number] {
  return [0, Number.isFinite(max) && max > 0 ? max * 1.08 : 1];
}

import type { ReactNode } from 'react';

/** The way of a job in three pictures. */
export function PathPictures() {
  return (
    <ol className="grid gap-5 md:grid-cols-3">
      <Step number={1} title="Design it, see the price" picture={<DesignPicture />}>
        Choose data and layers. The quote is a cap: it says what would be locked, who could run it, and when it would be done.
      </Step>
      <Step number={2} title="Lock it, watch it learn" picture={<EscrowPicture />}>
        Your tokens wait in an escrow on chain, the node’s stake in a vault. Loss and accuracy stream to you while it trains.
      </Step>
      <Step number={3} title="Check it, then pay" picture={<ResultPicture />}>
        The platform measures the model on data that the node never saw. Good: 90 % to the node. Not good: everything back to you.
      </Step>
    </ol>
  );
}

function Step({ number, title, picture, children }: { number: number; title: string; picture: ReactNode; children: ReactNode }) {
  return (
    <li className="flex flex-col rounded-lg border bg-panel p-5">
      <div className="rounded-md bg-sunken/60 p-3">{picture}</div>
      <h3 className="mt-4 flex items-baseline gap-2 text-base font-semibold">
        <span className="figure text-sm text-accent">{number}</span>
        {title}
      </h3>
      <p className="mt-1 text-muted">{children}</p>
    </li>
  );
}

const LAYERS = [
  { x: 14, word: 'Data', height: 74 },
  { x: 74, word: 'Conv', height: 58 },
  { x: 134, word: 'Pool', height: 40 },
  { x: 194, word: 'Linear', height: 24 },
] as const;

function DesignPicture() {
  return (
    <svg viewBox="0 0 250 120" className="h-auto w-full" aria-hidden="true">
      <path d="M54 54 H74 M114 54 H134 M174 54 H194" className="stroke-line-strong" strokeWidth="1.5" />
      {LAYERS.map(({ x, word, height }) => (
        <g key={word}>
          <rect x={x} y={54 - height / 2} width="40" height={height} rx="4" className="fill-panel stroke-line-strong" />
          <text x={x + 20} y="112" textAnchor="middle" className="fill-muted text-[11px]">
            {word}
          </text>
        </g>
      ))}
      <rect x="14" y="17" width="40" height="74" rx="4" className="fill-accent/15 stroke-accent" />
    </svg>
  );
}

function EscrowPicture() {
  return (
    <svg viewBox="0 0 250 120" className="h-auto w-full" aria-hidden="true">
      <path d="M62 54 H96" className="stroke-locked" strokeWidth="2" />
      <path d="M188 54 H154" className="stroke-running" strokeWidth="2" strokeDasharray="3 4" />
      <rect x="14" y="36" width="48" height="36" rx="5" className="fill-panel stroke-line-strong" />
      <text x="38" y="58" textAnchor="middle" className="figure fill-ink text-[11px]">
        50
      </text>
      <circle cx="125" cy="54" r="29" className="fill-locked/15 stroke-locked" strokeWidth="1.5" />
      <path d="M117 51 v-5 a8 8 0 0 1 16 0 v5" fill="none" className="stroke-locked" strokeWidth="2" />
      <rect x="113" y="51" width="24" height="17" rx="3" className="fill-locked" />
      <rect x="188" y="32" width="48" height="44" rx="5" className="fill-panel stroke-line-strong" />
      <path d="M196 44 c8 0 8 20 16 20 s8 -4 16 -5" fill="none" className="stroke-running" strokeWidth="2" />
      <g className="fill-muted text-[11px]" textAnchor="middle">
        <text x="38" y="112">you</text>
        <text x="125" y="112">escrow</text>
        <text x="212" y="112">node</text>
      </g>
    </svg>
  );
}

function ResultPicture() {
  return (
    <svg viewBox="0 0 250 120" className="h-auto w-full" aria-hidden="true">
      <circle cx="48" cy="54" r="29" className="fill-verified/15 stroke-verified" strokeWidth="1.5" />
      <path d="M36 54 l9 9 l16 -18" fill="none" className="stroke-verified" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
      <path d="M80 54 H108" className="stroke-verified" strokeWidth="2" />
      <rect x="112" y="24" width="111" height="26" rx="4" className="fill-verified/20 stroke-verified/60" />
      <text x="167" y="41" textAnchor="middle" className="figure fill-ink text-[11px]">
        45 to the node
      </text>
      <rect x="112" y="56" width="111" height="26" rx="4" className="fill-panel stroke-line-strong" />
      <rect x="112" y="56" width="12" height="26" rx="4" className="fill-verified/40" />
      <text x="172" y="73" textAnchor="middle" className="figure fill-ink text-[11px]">
        5 to us
      </text>
      <g className="fill-muted text-[11px]" textAnchor="middle">
        <text x="48" y="112">checked</text>
        <text x="167" y="112">paid, on chain</text>
      </g>
    </svg>
  );
}

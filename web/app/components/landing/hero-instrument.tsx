const MARKS = [
  { x: 52, word: 'Queued', tint: 'stroke-queued fill-queued' },
  { x: 134, word: 'Funds locked', tint: 'stroke-locked fill-locked' },
  { x: 216, word: 'Training', tint: 'stroke-running fill-running' },
  { x: 400, word: 'Checked, paid', tint: 'stroke-verified fill-verified' },
] as const;

/** The product as one instrument: a loss curve that falls, and under it where the money is meanwhile. */
export function HeroInstrument() {
  return (
    <svg viewBox="0 0 480 380" className="h-auto w-full" role="img" aria-label="A falling loss curve over a time line from queued to checked and paid">
      <rect x="0.5" y="0.5" width="479" height="379" rx="10" className="fill-panel stroke-line" />
      <Grid />
      <path
        d="M216 70 C 232 150, 246 168, 276 190 S 340 214, 400 220"
        fill="none"
        strokeWidth="2.5"
        strokeLinecap="round"
        className="stroke-accent"
      />
      <path d="M216 70 C 232 150, 246 168, 276 190 S 340 214, 400 220 L400 244 L216 244 Z" className="fill-accent opacity-10" />
      <circle cx="400" cy="220" r="5" className="fill-accent" />
      <text x="40" y="40" className="figure fill-muted text-[13px]">
        loss
      </text>
      <text x="440" y="40" textAnchor="end" className="figure fill-ink text-[17px] font-medium">
        0.0613
      </text>
      {MARKS.map(({ x, word, tint }) => (
        <g key={word} className={tint}>
          <line x1={x} x2={x} y1="56" y2="244" strokeDasharray="2 4" />
          <circle cx={x} cy="244" r="4.5" stroke="none" />
          <text x={x} y="263" textAnchor="middle" stroke="none" className="text-[13px] font-medium">
            {word}
          </text>
        </g>
      ))}
      <MoneyBar />
    </svg>
  );
}

function Grid() {
  const xs = [40, 80, 120, 160, 200, 240, 280, 320, 360, 400, 440];
  const ys = [56, 94, 132, 170, 208, 244];
  return (
    <g className="stroke-line" strokeWidth="1">
      {xs.map((x) => (
        <line key={x} x1={x} x2={x} y1="56" y2="244" />
      ))}
      {ys.map((y) => (
        <line key={y} x1="40" x2="440" y1={y} y2={y} />
      ))}
    </g>
  );
}

/** Where 50 CYXWIZ are over the same time: wallet, escrow, and at the end nine tenths and one tenth. */
function MoneyBar() {
  return (
    <g className="text-[13px]">
      <text x="40" y="296" className="figure fill-muted text-[13px]">
        money
      </text>
      <rect x="40" y="306" width="86" height="34" rx="4" className="fill-sunken stroke-line" />
      <text x="83" y="327" textAnchor="middle" className="fill-muted">
        your wallet
      </text>
      <rect x="130" y="306" width="266" height="34" rx="4" className="tint-locked fill-locked/15 stroke-locked/50" />
      <text x="263" y="327" textAnchor="middle" className="fill-ink">
        <tspan className="figure font-medium">50.000</tspan> in escrow on chain
      </text>
      <rect x="400" y="306" width="40" height="19" rx="3" className="fill-verified/20 stroke-verified/60" />
      <rect x="400" y="329" width="40" height="11" rx="3" className="fill-verified/20 stroke-verified/60" />
      <text x="420" y="320" textAnchor="middle" className="figure fill-ink text-[12px]">
        45
      </text>
      <text x="420" y="338" textAnchor="middle" className="figure fill-ink text-[10px]">
        5
      </text>
      <text x="440" y="360" textAnchor="end" className="fill-muted">
        node and platform
      </text>
    </g>
  );
}
